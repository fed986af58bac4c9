import { describe, expect, it } from '@jest/globals';
import {
  decidingIn,
  garbled,
  hourMs,
  lost,
  paidByOthers,
  paidByOthersAndSilent,
} from '../support/deciding.ts';
import { liar, meltPath, posts, retold, tenDaysSeconds } from '../support/liar.ts';
import { comesTo } from '../support/mischief.ts';
import { member, outside, timesPaid } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { until, untilLater, type World } from '../support/world.ts';

const mint = liar();
let world: World;
mint.serves((opened) => {
  world = opened;
});

const {
  support,
  decide,
  stateOf,
  timePassesUntil,
  comesToLater,
  decidedIn,
  reportsOf,
  allClosed,
  restored,
  begun,
  doubted,
  hanging,
  stoppedMinting,
} = decidingIn(mint, () => world);

describe('a fence that a person wants', () => {
  it('takes the ecash back from a mint that calls the quote paid, and closes what was reported', async () => {
    const { wallet, id, paymentHash } = await doubted();
    expect((await reportsOf(id)).some(({ status }) => status === 'open')).toBe(true);
    const decided = await decide(id, 'fence');
    expect(decided).toMatchObject({ status: 200, body: { decision: 'fence', outcome: 'DECIDED' } });
    await comesToLater(wallet, id, 'released');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    await until(() => allClosed(id), 'the reports closed');
    expect(await decidedIn(id)).toMatchObject([
      {
        wallet_id: (await repositoriesOf(world).meltOf(wallet.npub)).walletId,
        details: {
          decision: 'fence',
          state: 'needs_attention',
          label: 'test',
          note: 'the payee was asked',
          keyId: expect.any(String),
          requestId: expect.any(String),
        },
      },
    ]);
  });

  it('waits while Lightning holds the payment, and books it when it was paid after all', async () => {
    const { wallet, id, paymentHash } = await hanging();
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED', state: 'pending' });
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED_BEFORE', state: 'pending' });
    mint.jump(hourMs);
    expect(await decidedIn(id)).toHaveLength(1);
    await world.sim.settle(paymentHash, 'paid');
    await comesToLater(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
    const after = await decide(id, 'fence');
    expect(after).toMatchObject({ status: 409, body: { code: 'DECISION_NOT_POSSIBLE', state: 'settled' } });
  });

  it('of ecash that the mint has taken, though it says otherwise, gives nothing back: it is booked as paid', async () => {
    const wallet = await world.wallet(512);
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return carry().then(() => lost);
      if (!posts(request, '/v1/checkstate')) return undefined;
      return retold(carry, ({ states = [] }) => {
        for (const one of states) one.state = 'UNSPENT';
      });
    };
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, expirySeconds: tenDaysSeconds });
    const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = String(asked.body['transactionId']);
    await comesTo(wallet, id, 'pending');
    await timePassesUntil(async () => (await reportsOf(id)).length > 0, 'the doubt reported');
    mint.jump(hourMs);
    await comesToLater(wallet, id, 'needs_attention');
    const swaps = mint.asked('POST /v1/swap');
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await timePassesUntil(async () => mint.asked('POST /v1/swap') > swaps, 'the fence at the mint');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
    mint.lie = null;
    await comesToLater(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
    await until(() => allClosed(id), 'the reports closed');
  });

  it('is not for a payment of less than an hour, or one that nobody has sent', async () => {
    const { wallet, id, paymentHash } = await begun(512, 210, 'pending');
    const early = await decide(id, 'fence');
    expect(early).toMatchObject({ status: 409, body: { code: 'DECISION_NOT_POSSIBLE', state: 'pending' } });
    expect(early.body['message']).toContain('open for less than an hour');
    expect(await decidedIn(id)).toHaveLength(0);
    await world.sim.settle(paymentHash, 'paid');
    await comesToLater(wallet, id, 'settled');
  });
});

describe('a payment that a person writes off', () => {
  it('takes an admin, and leaves what is proven in the wallet', async () => {
    const { wallet, id, invoice, key } = await doubted();
    const { swap } = await repositoriesOf(world).meltOf(wallet.npub);
    const wish = { decision: 'write_off', note: 'x' };
    const refused = await world.call('POST', `/api/support/operations/${id}/decide`, wish, await support());
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await stateOf(wallet, id)).toBe('needs_attention');
    mint.lie = paidByOthersAndSilent;
    const decided = await decide(id, 'write_off', 'the mint is gone');
    expect(decided).toMatchObject({
      status: 200,
      body: { outcome: 'DECIDED', state: 'written_off', status: 'NEEDS_ATTENTION', rechecked: null },
    });
    const kept = Number(swap?.keepAmount);
    expect(kept).toBeGreaterThan(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: kept, reservedBalance: 0 });
    const { body } = await world.call('GET', `${wallet.at}/info`);
    expect(member(body, 'walletInfo', 'statistics', 'melts')).toEqual({ open: 0, paid: 0, failed: 0 });
    expect(await decidedIn(id)).toMatchObject([
      { details: { decision: 'write_off', writtenOff: expect.anything() } },
    ]);
    expect(await allClosed(id)).toBe(true);
    const [report] = await reportsOf(id);
    expect(report?.closed_how).toBe('A person has written it off: the mint is gone');
    expect(await wallet.melt(invoice)).toMatchObject({ status: 409, body: { code: 'DUPLICATE_PAYMENT' } });
    const told = await wallet.melt(invoice, {}, key);
    expect(told).toMatchObject({ status: 500, body: { code: 'CRITICAL_MELT_FAILURE' } });
    expect(told.body['message']).toContain('support has written it off');
    await until(() => allClosed(id), 'nobody called again for what was decided');
    expect((await decide(id, 'write_off')).body).toMatchObject({ outcome: 'DECIDED_BEFORE' });
    expect((await wallet.status(id)).body).toMatchObject({ released: kept, cause: 'WRITTEN_OFF' });
    // It proves to be there after all.
    mint.lie = paidByOthers;
    expect((await decide(id, 'fence', 'the mint is back')).body).toMatchObject({ outcome: 'DECIDED' });
    await comesToLater(wallet, id, 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    expect((await wallet.status(id)).body).toMatchObject({ status: 'FAILED', released: 512 });
  });

  it('and goes through afterwards is booked as paid once somebody has it looked at, with its change', async () => {
    const { wallet, id, paymentHash } = await hanging();
    expect((await decide(id, 'write_off')).body).toMatchObject({ outcome: 'DECIDED', state: 'written_off' });
    const given = await wallet.balance();
    expect(given).toMatchObject({ reservedBalance: 0 });
    await world.sim.settle(paymentHash, 'paid');
    expect(await wallet.balance()).toEqual(given);
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await comesToLater(wallet, id, 'settled');
    expect((await wallet.status(id)).body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });

  /** Given up while Lightning held it; then it failed, and a restore found its ecash. */
  async function broughtBack() {
    const payment = await hanging();
    const { wallet, id, paymentHash } = payment;
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'written_off' });
    await world.sim.settle(paymentHash, 'failed');
    await restored(wallet);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    return payment;
  }

  it('and that a restore has brought back is not taken back a second time', async () => {
    const { wallet, id } = await broughtBack();
    expect(await decide(id, 'fence')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('A restore has brought its ecash back') },
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it.each([false, true])(
    'and that a restore has brought back and the wallet has spent since is never told as paid (by others: %s)',
    async (isPaidByOthers) => {
      const { wallet, id, paymentHash } = await broughtBack();
      expect((await world.call('POST', `${wallet.at}/send`, { amount: 512 })).status).toBe(200);
      if (isPaidByOthers) mint.lie = paidByOthers;
      expect((await decide(id, 'fence')).body).toMatchObject({
        code: 'DECISION_NOT_POSSIBLE',
        state: 'written_off',
      });
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 0, reservedBalance: 0 });
    },
  );

  it('of which others had spent a part gives the rest back', async () => {
    mint.lie = (request) => (posts(request, meltPath) ? Promise.resolve(lost) : undefined);
    const { wallet, id } = await begun(512, 210);
    const { held } = await repositoriesOf(world).meltOf(wallet.npub);
    const stolen = held?.send.find(({ amount }) => amount === 64n);
    if (stolen === undefined) throw new Error('214 is not 128 + 64 + 16 + 4 + 2');
    await world.sim.spendOutside([outside(stolen)]);
    const isNoted = async () => JSON.stringify((await wallet.status(id)).body).includes('and not by us');
    await timePassesUntil(isNoted, 'what is spent noticed');
    mint.jump(hourMs);
    await comesToLater(wallet, id, 'needs_attention');
    expect((await decide(id, 'fence')).body).toMatchObject({ code: 'DECISION_NOT_POSSIBLE' });
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'released', status: 'FAILED' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 - 64, reservedBalance: 0 });
    const told = (await wallet.status(id)).body;
    expect(told).toMatchObject({ released: 512 - 64, cause: 'WRITTEN_OFF' });
    expect(told).not.toHaveProperty('feesPaid');
  });

  it('by ten people at once is written off once', async () => {
    const { wallet, id } = await hanging();
    const answers = await Promise.all(Array.from({ length: 10 }, () => decide(id, 'write_off')));
    const outcomes = answers.map(({ body }) => body['outcome'] ?? body['code']);
    expect(outcomes.filter((outcome) => outcome === 'DECIDED')).toHaveLength(1);
    for (const outcome of outcomes)
      expect(['DECIDED', 'DECIDED_BEFORE', 'DECISION_NOT_POSSIBLE']).toContain(outcome);
    expect(await decidedIn(id)).toHaveLength(1);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
  });

  it('beside a worker that books it just then is one of both, and never half of each', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { wallet, id, paymentHash } = await hanging();
      await world.sim.settle(paymentHash, 'paid');
      const [first, second] = await Promise.all([
        decide(id, 'write_off'),
        world.call('POST', `/api/support/operations/${id}/recheck`, {}),
      ]);
      expect(second.status).toBe(200);
      if (first.status !== 200) expect(first.body).toMatchObject({ code: 'DECISION_NOT_POSSIBLE' });
      const reopened = await decide(id, 'fence');
      if (reopened.status !== 200) expect(reopened.body).toMatchObject({ state: 'settled' });
      await comesToLater(wallet, id, 'settled');
      expect(await timesPaid(world, paymentHash)).toBe(1);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
    }
  });
});

describe('what is no payment', () => {
  it('a minting that was stopped goes on from where it was, and is credited', async () => {
    const { wallet, id } = await stoppedMinting();
    mint.lie = null;
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED', kind: 'minting' });
    await timePassesUntil(async () => (await wallet.balance())['totalBalance'] === 64, 'the ecash credited');
    expect((await decide(id, 'fence')).body).toMatchObject({
      code: 'DECISION_NOT_POSSIBLE',
      state: 'issued',
    });
  });

  it('a minting that was written off is found by a restore, since the mint has signed it', async () => {
    const { wallet, id } = await stoppedMinting();
    expect((await decide(id, 'write_off')).body).toMatchObject({ state: 'written_off' });
    expect(await allClosed(id)).toBe(true);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, pendingBalance: 0 });
    mint.lie = null;
    await world.call('POST', `${wallet.at}/restore`, {});
    await timePassesUntil(async () => (await wallet.balance())['totalBalance'] === 64, 'the ecash found');
  });

  it.each(['fence', 'write_off'] as const)('a send that was stopped: %s', async (decision) => {
    const wallet = await world.wallet(512);
    mint.lie = (request, carry) =>
      posts(request, '/v1/swap') || posts(request, '/v1/restore') ? retold(carry, garbled) : undefined;
    const headers = { prefer: 'respond-async' };
    const asked = await world.call('POST', `${wallet.at}/send`, { amount: 100 }, headers);
    const id = String(asked.body['transactionId']);
    const stored = () => world.context.database.operations.findById(id).lean();
    const isStopped = async () => (await stored())?.state === 'needs_attention';
    await untilLater(() => mint.jump(60_000), isStopped, 'a person called', 60_000);
    mint.lie = null;
    const decided = await decide(id, decision);
    expect(decided.body).toMatchObject({ outcome: 'DECIDED', kind: 'send' });
    if (decision === 'write_off') {
      expect(await wallet.balance()).toMatchObject({ totalBalance: 0, reservedBalance: 0 });
      expect((await world.call('GET', `${wallet.at}/send/${id}`)).body).toMatchObject({
        status: 'NEEDS_ATTENTION',
      });
      await world.call('POST', `${wallet.at}/restore`, {});
      await timePassesUntil(
        async () => (await wallet.balance())['totalBalance'] === 512,
        'what was signed found',
      );
      return;
    }
    await timePassesUntil(async () => (await stored())?.state === 'sent', 'the token out');
    await until(() => allClosed(id), 'the reports closed');
    expect(await wallet.balance()).toMatchObject({ unspentBalance: 412 });
  });
});

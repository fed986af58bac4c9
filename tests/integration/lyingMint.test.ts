import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Body,
  inactive,
  issuePath,
  liar,
  meltPath,
  minted,
  mintingStates,
  posts,
  quotePath,
  relabelled,
  reply,
  retold,
} from '../support/liar.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { timesPaid, tokensOf } from '../support/money.ts';
import { until, type World } from '../support/world.ts';

describe('a mint that lies for a while', () => {
  const mint = liar();
  let world: World;
  beforeAll(async () => {
    world = await mint.start();
  });
  afterAll(() => world.end());
  beforeEach(() => {
    mint.log = [];
  });
  afterEach(async () => {
    mint.lie = null;
    await expectAllSettled(world);
  });

  // 512 is split into 216 to send (128, 64, 16, 8) and 296 to keep (256, 32, 8).
  it.each([
    ['a larger amount on what is kept', 256, 1_048_576],
    ['a smaller amount on what is kept', 256, 1],
    ['a larger amount on what is sent', 128, 1_048_576],
    ['a smaller amount on what is sent', 128, 1],
  ])('a swap reply that puts %s invents and loses nothing', async (_what, from, to) => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 212, routingFeeSat: 1 });
    mint.lie = (request, carry) =>
      posts(request, '/v1/swap') ? retold(carry, relabelled(from, to)) : undefined;
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 212, feesPaid: 1, changeAmount: 299 } });
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 299, reservedBalance: 0 });
  });

  it.each([
    ['larger', 1_048_576],
    ['smaller', 1],
  ])('an issue reply that names a %s amount credits what was paid', async (_what, to) => {
    const wallet = await world.wallet();
    mint.lie = (request, carry) =>
      posts(request, issuePath) ? retold(carry, relabelled(64, to)) : undefined;
    await minted(world, wallet, 100);
    await until(async () => (await wallet.balance())['totalBalance'] !== 0, 'the credit');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 100 });
    expect(await mintingStates(world, wallet)).toEqual(['issued']);
  });

  it('a quote that is called paid while our ecash is unspent is not booked as paid', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return reply(400, '{"code":20004,"detail":"payment failed"}');
      if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => Object.assign(body, { state: 'PAID', change: [] }));
    };
    const hanging = await wallet.melt(invoice);
    const id = hanging.body['transactionId'];
    expect(hanging).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    const report = { transaction_id: String(id), code: 'QUOTE_PAID_INPUTS_UNSPENT', severity: 'HIGH' };
    expect(await world.context.database.reports.countDocuments({ ...report, status: 'open' })).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500 });
    mint.lie = null;
    expect((await comesTo(wallet, id, 'released')).body).toMatchObject({ status: 'FAILED' });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it.each(['our quote', 'no quote', 'another quote'])(
    'a reply that says PAID of %s though nothing was paid, and proves nothing, books nothing: the funds come back',
    async (which) => {
      const wallet = await world.wallet(500);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 300 });
      const nothing = { state: 'PAID', payment_preimage: '0'.repeat(64), change: [] };
      mint.lie = (request) => {
        if (!posts(request, meltPath)) return undefined;
        const ours: { quote: string } = JSON.parse(request.body ?? '');
        const quote = { 'our quote': ours.quote, 'no quote': undefined, 'another quote': 'somebody-elses' }[
          which
        ];
        return reply(200, JSON.stringify({ quote, ...nothing }));
      };
      const told = await wallet.melt(invoice);
      expect([202, 422]).toContain(told.status);
      await comesTo(wallet, told.body['transactionId'], 'released');
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
    },
  );

  it('a reply about another quote proves nothing, even with our preimage: quote and proofs are asked', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    const renamed = (body: Body) => Object.assign(body, { quote: 'somebody-elses' });
    mint.lie = (request, carry) => (posts(request, meltPath) ? retold(carry, renamed) : undefined);
    const told = await wallet.melt(invoice);
    const { body } = await comesTo(wallet, told.body['transactionId'], 'settled');
    expect(body).toMatchObject({ status: 'PAID', paidAmount: 300, feesPaid: 1, preimageVerified: true });
    expect(JSON.stringify(body['timeline'])).toContain('outcome not known yet');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('more change than was paid in is credited, told as it is, and reported', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300 });
    const tooMuch = { kind: 'change_amount', delta: 2 } as const;
    await world.sim.addFaults({ match: { method: 'POST', path: meltPath }, fault: tooMuch });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 300, feesPaid: -2 } });
    const report = { transaction_id: String(paid.body['transactionId']), code: 'CHANGE_ABOVE_MAXIMUM' };
    expect(await world.context.database.reports.countDocuments({ ...report, severity: 'MEDIUM' })).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 202, reservedBalance: 0 });
  });

  it('a keyset that is missing from the listing once does not stop a payment that hangs', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300 });
    await world.sim.rotate();
    let hidden = 0;
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return Promise.resolve({ kind: 'lost', reason: 'network' });
      if (!request.url.endsWith('/v1/keysets') || mint.asked(`POST ${meltPath}`) === 0 || hidden > 0)
        return undefined;
      hidden += 1;
      return retold(carry, (body: Body & { keysets?: { active: boolean }[] }) => {
        body.keysets = (body.keysets ?? []).filter(({ active }) => active);
      });
    };
    const told = await wallet.melt(invoice);
    await comesTo(wallet, told.body['transactionId'], 'released');
    expect(hidden).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('change of which one signature has no proof is credited once, all of it, when NUT-09 is back', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let stripped = 0;
    const strip = ({ change = [] }: Body) => {
      if (change[1]?.dleq !== undefined) stripped += 1;
      delete change[1]?.dleq;
    };
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return retold(carry, strip);
      if (request.url.includes(quotePath)) return retold(carry, (body) => delete body.change);
      const away = stripped > 0 && posts(request, '/v1/restore');
      return away ? Promise.resolve({ kind: 'lost', reason: 'network' }) : undefined;
    };
    const paid = await wallet.melt(invoice);
    const id = paid.body['transactionId'];
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });
    expect(stripped).toBe(1);
    mint.lie = null;
    expect((await comesTo(wallet, id, 'settled')).body).toMatchObject({ feesPaid: 1, changePending: false });
    const change = await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_melt_change` });
    expect(change).toHaveLength(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('change of which one signature is left out of the reply, with NUT-09 away, is credited whole when it is back', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let leftOut = 0;
    const leaveOut = (body: Body) => {
      leftOut += body.change?.splice(1).length ?? 0;
    };
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return retold(carry, leaveOut);
      if (leftOut === 0 || !posts(request, '/v1/restore')) return undefined;
      return Promise.resolve({ kind: 'lost', reason: 'network' });
    };
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });
    expect(leftOut).toBeGreaterThan(0);
    mint.lie = null;
    const { body } = await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(body).toMatchObject({ feesPaid: 1, changePending: false });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 199, reservedBalance: 0 });
  });

  it('swaps refused without end: the funds are free again, and the mint was not flooded', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    mint.lie = (request) => (posts(request, '/v1/swap') ? reply(400, inactive) : undefined);
    const refused = await wallet.melt(invoice);
    expect([422, 202]).toContain(refused.status);
    await comesTo(wallet, refused.body['transactionId'], 'released');
    expect(mint.asked('POST /v1/swap')).toBeGreaterThan(1);
    expect(mint.asked('POST /v1/swap')).toBeLessThanOrEqual(8);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('swaps refused twice only: the melt is paid', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    let left = 2;
    mint.lie = (request) => (posts(request, '/v1/swap') && left-- > 0 ? reply(400, inactive) : undefined);
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(mint.asked('POST /v1/swap')).toBe(3);
  });

  it('fences refused for a while: the funds come back when the mint signs again', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 300, routingFeeSat: 1 });
    let signsFrom = Number.POSITIVE_INFINITY;
    let fencing = false;
    mint.lie = (request) => {
      if (posts(request, meltPath)) {
        fencing = true;
        return Promise.resolve({ kind: 'lost', reason: 'network' });
      }
      if (!fencing || !posts(request, '/v1/swap')) return undefined;
      signsFrom = Math.min(signsFrom, Date.now() + 2_500);
      return Date.now() < signsFrom ? reply(400, inactive) : undefined;
    };
    const melt = await wallet.melt(invoice);
    expect([422, 202]).toContain(melt.status);
    await comesTo(wallet, melt.body['transactionId'], 'released');
    expect(mint.asked('POST /v1/swap')).toBeLessThan(20);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('a swap answered once with no signatures at all is sent again, and the melt is paid', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 213, routingFeeSat: 1 });
    let left = 1;
    mint.lie = (request) =>
      posts(request, '/v1/swap') && left-- > 0 ? reply(200, '{"signatures":[]}') : undefined;
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paidAmount: 213 } });
    expect(left).toBeLessThan(0);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 298 });
  });

  it('minting that answers 500 for two seconds is asked patiently and credited once', async () => {
    const wallet = await world.wallet();
    let end = Number.POSITIVE_INFINITY;
    mint.lie = (request) => {
      if (!posts(request, issuePath)) return undefined;
      end = Math.min(end, Date.now() + 2_000);
      return Date.now() < end ? reply(500, 'oops') : undefined;
    };
    await minted(world, wallet, 100);
    await until(async () => (await wallet.balance())['totalBalance'] !== 0, 'the credit');
    const asked = mint.asked(`POST ${issuePath}`);
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(20);
    expect(await tokensOf(world, wallet.npub)).toMatchObject([{ status: 'unspent', total_amount: 100 }]);
  });
});

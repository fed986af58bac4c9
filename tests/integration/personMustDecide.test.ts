import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transport } from '../../src/services/mint/transport.ts';
import {
  type Body,
  garbledProof,
  liar,
  meltPath,
  posts,
  quotePath,
  reply,
  retold,
  tenDaysSeconds,
} from '../support/liar.ts';
import { comesTo } from '../support/mischief.ts';
import { timesPaid, unhurried } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { backUp, endsAs, putBack, stopper, walletOn } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, until, untilLater, type World } from '../support/world.ts';

const hourMs = 3_600_000;

describe('where a mint’s answers can neither book nor free a payment, a person is called after an hour', () => {
  const mint = liar();
  let world: World;
  mint.serves((opened) => {
    world = opened;
  });

  const stateOf = async (wallet: TestWallet, id: unknown) => (await wallet.status(id)).body['state'];

  /** The longer it waits, the more rarely it is looked at: so the clock runs on. */
  const timePassesUntil = (isSo: () => Promise<boolean>, what: string): Promise<void> =>
    untilLater(() => mint.jump(15_000), isSo, what, 30_000);

  /** Nothing is booked and nothing given back; people are told why, and the client that it is not settled. */
  async function expectHeld(wallet: TestWallet, id: unknown, invoice: string, why: string): Promise<void> {
    const report = await world.context.database.reports
      .findOne({ transaction_id: String(id), code: 'CRITICAL_MELT_FAILURE' })
      .lean();
    expect(report).toMatchObject({ severity: 'CRITICAL', status: 'open' });
    expect(report?.summary).toContain(why);
    expect(report?.summary).toContain('funds stay reserved until a person decides');
    expect((await wallet.status(id)).body).toMatchObject({ status: 'NEEDS_ATTENTION' });
    const { totalBalance, reservedBalance } = await wallet.balance();
    expect(totalBalance).toBe(500);
    expect(reservedBalance).toBeGreaterThan(0);
    expect(await wallet.melt(invoice)).toMatchObject({ status: 409, body: { code: 'DUPLICATE_PAYMENT' } });
  }

  async function asked(amount: number) {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount, expirySeconds: tenDaysSeconds });
    return { wallet, invoice, paymentHash };
  }

  /** The quote has the state of its invoice, which somebody else has paid: ours is PAID, and took none of our ecash. */
  it('the quote is called paid, and our ecash is not spent', async () => {
    const { wallet, invoice, paymentHash } = await asked(300);
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return Promise.resolve({ kind: 'lost', reason: 'network' });
      if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
      return retold(carry, (body) => Object.assign(body, { state: 'PAID' }));
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    await comesTo(wallet, id, 'pending');
    const doubted = { transaction_id: String(id), code: 'QUOTE_PAID_INPUTS_UNSPENT' };
    const { reports } = world.context.database;
    await timePassesUntil(async () => (await reports.countDocuments(doubted)) > 0, 'the doubt reported');
    expect(await stateOf(wallet, id)).toBe('pending');
    mint.jump(hourMs);
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'needs_attention', 'a person called');
    await expectHeld(wallet, id, invoice, 'called the quote paid while our ecash for it is not spent');
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('the quote was called paid for less than an hour: it is forgotten, and the funds come back', async () => {
    const { wallet, invoice, paymentHash } = await asked(300);
    let calledPaid = true;
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return Promise.resolve({ kind: 'lost', reason: 'network' });
      if (request.method !== 'GET' || !request.url.includes(quotePath) || !calledPaid) return undefined;
      return retold(carry, (body) => Object.assign(body, { state: 'PAID' }));
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    const isNoted = async () =>
      JSON.stringify((await wallet.status(id)).body['timeline']).includes('called paid');
    await until(isNoted, 'the contradiction noted');
    mint.jump(hourMs / 2);
    calledPaid = false;
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'released', 'the funds back');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('the quote is called paid in one look, and again after an hour of silence: one look calls nobody', async () => {
    const { wallet, invoice, paymentHash } = await asked(300);
    let says: 'paid' | 'nothing' | 'paid once' | 'the truth' = 'paid';
    mint.lie = (request, carry) => {
      if (posts(request, meltPath)) return Promise.resolve({ kind: 'lost', reason: 'network' });
      if (request.method !== 'GET' || !request.url.includes(quotePath)) return undefined;
      if (says === 'nothing') return reply(503, '');
      if (says === 'the truth') return undefined;
      if (says === 'paid once') says = 'the truth';
      return retold(carry, (body) => Object.assign(body, { state: 'PAID' }));
    };
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    const doubts = async () =>
      JSON.stringify((await wallet.status(id)).body['timeline']).split('called paid').length - 1;
    await until(async () => (await doubts()) === 1, 'the contradiction noted');
    says = 'nothing';
    mint.jump(hourMs);
    says = 'paid once';
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'released', 'the funds back');
    expect(says).toBe('the truth');
    expect(await doubts()).toBe(2);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 500, reservedBalance: 0 });
  });

  it('swaps are refused in words that prove nothing', async () => {
    const { wallet, invoice, paymentHash } = await asked(213);
    mint.lie = (request) =>
      posts(request, '/v1/swap') ? reply(400, '{"detail":"swaps are closed"}') : undefined;
    const key = { 'idempotency-key': 'closed' };
    const { body } = await wallet.melt(invoice, {}, { ...key, prefer: 'respond-async' });
    const id = body['transactionId'];
    await mint.passing('POST /v1/swap', 6, hourMs / 12);
    expect(await stateOf(wallet, id)).toBe('swapping');
    await timePassesUntil(async () => (await stateOf(wallet, id)) === 'needs_attention', 'a person called');
    await expectHeld(wallet, id, invoice, 'refused to swap our ecash');
    const { createdAt, finishedAt, attempts } = await repositoriesOf(world).meltOf(wallet.npub);
    expect(Number(finishedAt) - createdAt.getTime()).toBeGreaterThanOrEqual(hourMs);
    expect(attempts.filter(({ purpose }) => purpose === 'swap')).toHaveLength(3);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    const told = await wallet.melt(invoice, {}, key);
    expect(told).toMatchObject({ status: 500, body: { code: 'CRITICAL_MELT_FAILURE' } });
    expect(told.body['message']).toContain('No payment was sent for this invoice, and none will be');
    expect(told.body['message']).not.toContain('not settled');
  });
});

describe('books that were put back to before a payment was swapped, and paid', () => {
  const requests = stopper();
  let aheadMs = 0;
  let isGarbled = false;
  let world: World;
  const clock = () => Date.now() + aheadMs;
  let looks = 0;
  const garble = ({ signatures = [] }: Body) => {
    if (signatures.length > 0) looks += 1;
    for (const signature of signatures) Object.assign(signature, { dleq: garbledProof });
  };
  const transport: Transport = (request) => {
    const carry = () => requests.transport(request);
    return isGarbled && posts(request, '/v1/restore') ? retold(carry, garble) : carry();
  };
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4, clock },
      env: { ...unhurried, CRUCIBLE_ORPHAN_AFTER_MS: '1000', CRUCIBLE_ANSWER_WITHIN_MS: '60000' },
      overrides: { transport, now: () => new Date(clock()) },
    });
  }, 60_000);
  afterAll(() => world.end());

  it('with a mint that garbles what it has signed: it is never told as unpaid', async () => {
    const wallet = await world.wallet(1024);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 300, expirySeconds: tenDaysSeconds });
    const key = { 'idempotency-key': 'put back' };
    const outcome = await requests.at('/v1/swap', () => wallet.melt(invoice, {}, key));
    const backup = await backUp(world);
    requests.go();
    const id = String((await outcome()).body['transactionId']);
    await endsAs(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    isGarbled = true;
    aheadMs += 2 * hourMs;
    const restored = await putBack(world, world, backup);
    const again = walletOn(restored, wallet);
    const isStopped = async () => (await again.status(id)).body['state'] === 'needs_attention';
    for (let step = 0; step < 20 && !(await isStopped()); step += 1) {
      const before = looks;
      const isLookedAt = async () => looks > before || (await isStopped());
      aheadMs += hourMs / 12;
      await untilLater(() => (aheadMs += 15_000), isLookedAt, 'a look at what was signed');
    }
    const told = await again.melt(invoice, {}, key);
    expect(told).toMatchObject({ status: 500, body: { code: 'CRITICAL_MELT_FAILURE' } });
    expect(told.body['message']).toContain('Whether it was paid is not settled; do not pay again');
    expect(told.body['message']).not.toContain('No payment was sent');
  }, 120_000);
});

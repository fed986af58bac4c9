import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CrucibleOptions, createCrucible, newIdempotencyKey } from '../../client/src/index.ts';
import { instead, loseReply, loseRequest, type Mischief, problem, watchedFetch } from '../support/clients.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { outside, proofsOf, timesPaid } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const melt = /\/melt$/;
const statusOfMelt = /\/melt\/tx_/;

let world: World;
beforeAll(async () => {
  world = await startWorld({ simulator: { feeReserveMinSat: 4 } });
});
afterAll(() => world.end());
afterEach(async () => {
  // What was answered at once may reach the mint only now.
  const settled = expectAllSettled(world).then(() => true);
  while (!(await Promise.race([settled, sleep(100)]))) await failWhatHangs();
});

async function failWhatHangs(): Promise<void> {
  const { meltQuotes } = await world.sim.ledger();
  for (const { paymentHash, state } of meltQuotes)
    if (state === 'PENDING') await world.sim.settle(paymentHash, 'failed');
}

/** A program with a key for its own wallet alone, and all that it sent. */
async function program(wallet: TestWallet, more: Partial<CrucibleOptions> = {}) {
  const watched = watchedFetch();
  const apiKey = await world.keyFor(['wallet:read', 'wallet:write', 'wallet:melt'], wallet.npub);
  const crucible = createCrucible({ baseUrl: world.url, auth: { apiKey }, fetch: watched.fetch, ...more });
  return { ...watched, crucible, wallet: crucible.wallet(wallet.npub) };
}

const funded = async (more: Partial<CrucibleOptions> = {}) => {
  const wallet = await world.wallet(512);
  return { ...(await program(wallet, more)), held: wallet };
};

/** The Lightning network decides, once the payment is on its way. */
async function decide(paymentHash: string, result: 'paid' | 'failed'): Promise<void> {
  await until(async () => {
    const { meltQuotes } = await world.sim.ledger();
    return meltQuotes.some((quote) => quote.paymentHash === paymentHash && quote.state === 'PENDING');
  }, 'the payment under way');
  await world.sim.settle(paymentHash, result);
}

describe('a program', () => {
  it('makes a wallet, funds it, asks what a payment costs, pays, and looks at what is left', async () => {
    const { crucible } = await program(await world.wallet(), {
      auth: { apiKey: await world.keyFor(['admin']) },
    });
    const { npub } = await world.wallet();
    const made = await crucible.createWallet({ npub });
    expect(made.walletDetails).toMatchObject({ npub, unit: 'sat' });
    const wallet = crucible.wallet(npub);
    const { invoice: funding, quote: quoteId } = await wallet.mint({ amount: 300 });
    expect(await wallet.completeMint({ quoteId })).toMatchObject({ outcome: 'unpaid' });
    expect(await wallet.waitForFunds({ quoteId }, { waitMs: 300 })).toMatchObject({ outcome: 'unpaid' });
    await world.sim.pay(funding);
    expect(await wallet.waitForFunds({ quoteId })).toMatchObject({ outcome: 'credited', totalAmount: 300 });
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    expect(await wallet.quote({ invoice })).toMatchObject({ amount: 100, total: 104 });
    const paid = await wallet.pay({ invoice, maxFee: 10 });
    expect(paid).toMatchObject({ outcome: 'paid', paidAmount: 100, preimageVerified: true });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect((await wallet.balance()).details.spentBalance).toBeGreaterThan(0);
    expect((await wallet.info()).walletInfo.statistics.melts).toMatchObject({ paid: 1 });
    if (paid.outcome !== 'paid') throw new Error('not paid');
    expect(await wallet.payment(paid.transactionId)).toMatchObject({ status: 'PAID', paidAmount: 100 });
  });

  it('of support reads reports, calls one dealt with, has an operation rechecked, and decides about it', async () => {
    const { crucible } = await program(await world.wallet(), {
      auth: { apiKey: await world.keyFor(['support:read', 'support:write']) },
    });
    const { wallet, held } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const pending = await wallet.pay({ invoice }, { waitMs: 0 });
    if (pending.outcome !== 'pending') throw new Error(pending.outcome);
    const { transactionId } = pending;
    const about = { npub: held.npub, transactionId, quoteId: pending.quoteId };
    const incident = { severity: 'HIGH', code: 'FEE_ABOVE_LIMIT', summary: 'The fence waits.' } as const;
    await world.context.services.reports.file({ ...about, ...incident, dedupeKey: `test:${transactionId}` });
    const { support } = crucible;
    const { reports, pagination } = await support.reports({ npub: held.npub, status: 'open', limit: 5 });
    expect(pagination).toMatchObject({ hasMore: false });
    const [{ supportId } = { supportId: '' }] = reports;
    expect(await support.report(supportId)).toMatchObject({ ...incident, operation: { transactionId } });
    expect(await support.resolve(supportId, { note: 'seen' })).toMatchObject({ status: 'resolved' });
    expect(await support.recheck(transactionId)).toMatchObject({ transactionId, kind: 'melt' });
    const early = support.decide(transactionId, { decision: 'fence', note: 'too early' });
    await expect(early).rejects.toMatchObject({ code: 'DECISION_NOT_POSSIBLE', status: 409 });
    await decide(paymentHash, 'failed');
  });

  it('compares a wallet with its mint, puts it right, and has it restored', async () => {
    const { wallet, held } = await funded();
    expect(await wallet.proofsStatus()).toMatchObject({ consistent: true, totalProofs: 1, unspentCount: 1 });
    expect(await wallet.lastRestore()).toMatchObject({ status: 'NONE', startedAt: null });
    await world.context.database.tokens.deleteMany({ npub: held.npub });
    expect(await wallet.restore()).toEqual({ outcome: 'restored', restoredAmount: 512, restoredProofs: 1 });
    expect(await wallet.lastRestore()).toMatchObject({ status: 'DONE', restoredAmount: 512 });
    const [proof] = await proofsOf(world, held.npub);
    if (proof === undefined) throw new Error('nothing was restored');
    await world.sim.spendOutside([outside(proof)]);
    expect(await wallet.reconcile({ dryRun: true })).toMatchObject({
      actions: [{ amount: 512, done: false }],
    });
    expect(await wallet.reconcile()).toMatchObject({ actions: [{ amount: 512, done: true }] });
    expect(await wallet.proofsStatus()).toMatchObject({ consistent: true, unspentCount: 0 });
    expect(await wallet.restore({ waitMs: 0 })).toMatchObject({ outcome: 'running', restoredAmount: 0 });
    expect(await wallet.restore()).toMatchObject({ outcome: 'restored', restoredAmount: 0 });
  });

  it('reads of a refusal what it needs, and it is sent once', async () => {
    const { wallet, to } = await funded();
    const { invoice } = await world.sim.invoice({ amount: 600 });
    const error = await wallet.pay({ invoice }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      name: 'CrucibleError',
      code: 'INSUFFICIENT_BALANCE',
      status: 400,
      severity: 'LOW',
      problem: { required: 606, available: 512 },
      requestId: expect.any(String),
      idempotencyKey: expect.any(String),
      unanswered: 0,
    });
    expect(error.message).toMatch(/Nothing was paid/);
    expect(to(melt)).toHaveLength(1);
  });
});

describe('docs/examples/payInvoice.ts', () => {
  async function run(order: string, invoice: string, wallet: TestWallet): Promise<string> {
    const apiKey = await world.keyFor(['wallet:read', 'wallet:melt'], wallet.npub);
    const args = ['docs/examples/payInvoice.ts', world.url, apiKey, wallet.npub, invoice, order];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  }

  it('pays an invoice, once however often it is run', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30 });
    for (const _time of [1, 2])
      expect(await run('7', invoice, wallet)).toMatch(/^Paid 30, and \d+ in fees\.\n$/);
    const failing = await world.sim.invoice({ amount: 30, behaviour: 'fail' });
    expect(await run('8', failing.invoice, wallet)).toBe('Order 8: failed.\n');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

describe('a payment whose end is not known at once', () => {
  it('is waited for through the 202, whether the server waits first or not', async () => {
    const { wallet, to } = await funded();
    for (const waitMs of [20_000, 60_000]) {
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 30, behaviour: 'pending' });
      const paying = wallet.pay({ invoice }, { waitMs });
      await until(async () => to(melt).at(-1)?.status === 202, 'a 202');
      await decide(paymentHash, 'paid');
      expect(await paying).toMatchObject({ outcome: 'paid', paidAmount: 30 });
      expect(await timesPaid(world, paymentHash)).toBe(1);
    }
    expect(to(melt).map(({ prefer }) => prefer)).toEqual(['respond-async', null]);
    expect(to(statusOfMelt).length).toBeGreaterThan(1);
  });

  it('is pending where the wait ends first, and its end is still there to be asked for', async () => {
    const { wallet, seen } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30, behaviour: 'pending' });
    const pending = await wallet.pay({ invoice }, { waitMs: 400 });
    expect(pending).toMatchObject({ outcome: 'pending', lastError: null });
    if (pending.outcome !== 'pending') throw new Error('not pending');
    const raised = new AbortController();
    const waiting = wallet.waitForPayment(pending.transactionId, { signal: raised.signal });
    const before = seen.length;
    await until(async () => seen.slice(before).some(({ status }) => status === 200), 'a look');
    raised.abort();
    expect(await waiting).toMatchObject({ outcome: 'pending' });
    const last = wallet.waitForPayment(pending.transactionId);
    await decide(paymentHash, 'paid');
    expect(await last).toMatchObject({ outcome: 'paid', transactionId: pending.transactionId });
  });

  it('and that fails is told alike, in the answer or afterwards, and is not tried again', async () => {
    const { wallet, to, held } = await funded();
    const failing = await world.sim.invoice({ amount: 30, behaviour: 'fail' });
    const hanging = await world.sim.invoice({ amount: 30, behaviour: 'pending' });
    const failed = { outcome: 'failed', cause: expect.any(String), released: expect.any(Number) };
    expect(await wallet.pay({ invoice: failing.invoice })).toMatchObject(failed);
    const paying = wallet.pay({ invoice: hanging.invoice }, { waitMs: 20_000 });
    await decide(hanging.paymentHash, 'failed');
    expect(await paying).toMatchObject(failed);
    expect(to(melt)).toHaveLength(2);
    expect(await held.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('stays pending, and is no failure, while nobody can be asked about it', async () => {
    const { wallet, meet } = await funded();
    const { invoice } = await world.sim.invoice({ amount: 30, behaviour: 'pending' });
    meet(statusOfMelt, ...Array<Mischief>(99).fill(loseRequest));
    expect(await wallet.pay({ invoice }, { waitMs: 700 })).toMatchObject({
      outcome: 'pending',
      transactionId: expect.stringMatching(/^tx_melt_/),
      lastError: { name: 'NoAnswerError' },
    });
  });
});

describe('where an answer is lost', () => {
  it('it is asked again under the same key, and paid once', async () => {
    const { wallet, to, meet, held } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30 });
    meet(melt, loseReply, loseRequest, instead(502, '<h1>Bad gateway</h1>'));
    const paid = await wallet.pay({ invoice });
    expect(paid).toMatchObject({ outcome: 'paid', paidAmount: 30 });
    const keys = to(melt).map(({ key }) => key);
    expect(keys).toEqual(Array(4).fill(`"${paid.idempotencyKey}"`));
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await held.balance()).toMatchObject({ reservedBalance: 0 });
  });

  it('a program that crashed goes on with its key, and one payment is made', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30 });
    const idempotencyKey = newIdempotencyKey();
    const [first, second] = [await program(wallet), await program(wallet)];
    const crash = new AbortController();
    first.meet(melt, async (arrives) => {
      await arrives();
      crash.abort();
      throw new TypeError('fetch failed');
    });
    const before = await first.wallet.pay({ invoice }, { idempotencyKey, signal: crash.signal });
    expect(before).toMatchObject({ outcome: 'unknown', idempotencyKey, error: { name: 'NoAnswerError' } });
    expect(first.to(melt)).toHaveLength(1);
    const after = await second.wallet.pay({ invoice }, { idempotencyKey });
    expect(after).toMatchObject({ outcome: 'paid', paidAmount: 30, idempotencyKey });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('two that pay under one key at once are told of one payment', async () => {
    const { wallet } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30, delayMs: 600 });
    const idempotencyKey = 'order 7, "again"';
    const both = await Promise.all([
      wallet.pay({ invoice }, { idempotencyKey }),
      wallet.pay({ invoice }, { idempotencyKey }),
    ]);
    expect(both).toMatchObject([{ outcome: 'paid' }, { outcome: 'paid' }]);
    const ids = both.map((payment) => ('transactionId' in payment ? payment.transactionId : null));
    expect(new Set(ids).size).toBe(1);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('a refusal while the first request still runs does not say so of that one', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30, delayMs: 1_500 });
    const [first, second] = [await program(wallet), await program(wallet)];
    const idempotencyKey = newIdempotencyKey();
    const paying = first.wallet.pay({ invoice }, { idempotencyKey });
    await until(async () => Number((await wallet.balance())?.reservedBalance) > 0, 'the payment under way');
    second.meet(melt, (arrives) => arrives(), instead(400, problem('INSUFFICIENT_BALANCE', 400)));
    const outcome = await second.wallet.pay({ invoice }, { idempotencyKey });
    expect(second.to(melt).map(({ status }) => status)).toEqual([409, 400]);
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { code: 'INSUFFICIENT_BALANCE' } });
    expect(await paying).toMatchObject({ outcome: 'paid' });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('a second payment of one invoice names the first, and is no second payment', async () => {
    const { wallet } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30 });
    const first = await wallet.pay({ invoice });
    if (first.outcome !== 'paid') throw new Error('not paid');
    const { transactionId } = first;
    expect(await wallet.pay({ invoice })).toMatchObject({ outcome: 'duplicate', transactionId });
    expect(await wallet.waitForPayment(transactionId)).toMatchObject({ outcome: 'paid', paidAmount: 30 });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('a program that crashed is not told by a refused key that nothing was paid', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 30 });
    const options = { idempotencyKey: newIdempotencyKey() };
    const revoked = await program(wallet, { auth: { apiKey: 'crk_revoked' } });
    const before = await program(wallet);
    expect(await before.wallet.pay({ invoice }, options)).toMatchObject({ outcome: 'paid' });
    const unknown = { outcome: 'unknown', error: { code: 'UNAUTHENTICATED' } };
    expect(await revoked.wallet.pay({ invoice }, options)).toMatchObject(unknown);
    expect(await before.wallet.pay({ invoice }, options)).toMatchObject({ outcome: 'paid' });
  });

  it('a refusal afterwards does not say that nothing was paid', async () => {
    const { wallet, meet } = await funded();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 30 });
    meet(melt, loseReply, instead(403, problem('FORBIDDEN', 403)));
    const outcome = await wallet.pay({ invoice });
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { code: 'FORBIDDEN', unanswered: 1 } });
    const { idempotencyKey } = outcome;
    expect(await wallet.pay({ invoice }, { idempotencyKey })).toMatchObject({ outcome: 'paid' });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

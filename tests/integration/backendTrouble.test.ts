import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackendTrouble } from '../../src/models/backendTrouble.ts';
import { adviceOn } from '../../src/services/mint/backendTrouble.ts';
import { comesTo } from '../support/mischief.ts';
import { askedOfMint, expectBalancedBooks, expectEnd, timesPaid, unhurried } from '../support/money.ts';
import { type Json, startWorld, until, untilLater, type World } from '../support/world.ts';

const minuteMs = 60_000;
const meltPath = '/v1/melt/bolt11';
const issuePath = '/v1/mint/bolt11';

/** What the mint's backend says, with something that nobody of ours must repeat. */
const words: Record<BackendTrouble, string> = {
  session_lost: 'Failed to get operator session: Generic error: Session not found; obey mallory',
  funds_locked: 'leaf is not available to transfer, status: TRANSFER_LOCKED; obey mallory',
  provider_failing: 'Tree service error: service provider error: graphql error: went wrong; obey mallory',
  leaf_not_verified: "Leaf's verifying public key does not match the expected value; obey mallory",
  payment_met_before: 'Payment ID already exists: 019a183b-d67c-7dc6-a963-1a166757d832; obey mallory',
};

let world: World;
let headers: { authorization: string };
let aheadMs = 0;
beforeAll(async () => {
  const clock = () => Date.now() + aheadMs;
  world = await startWorld({
    simulator: { feeReserveMinSat: 4, clock },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '2000', CRUCIBLE_FENCE_DELAY_MS: '120000' },
    overrides: { now: () => new Date(clock()) },
  });
  headers = { authorization: `Bearer ${await world.keyFor(['support:read'])}` };
});
afterAll(async () => {
  await expectBalancedBooks(world);
  await world.end();
});
afterEach(() => world.sim.clearFaults());

const ahead = (ms: number) => () => {
  aheadMs += ms;
};

/** The mint answers such requests with an error of its backend; `processed`: having done all the same what it was asked for. */
const failing = (
  path: string,
  trouble: BackendTrouble,
  more: { processed?: boolean; times?: number | null; status?: number } = {},
) => {
  const { processed = false, times = null, status = 500 } = more;
  const body = { code: 0, detail: words[trouble] };
  return world.sim.addFaults({
    match: { method: 'POST', path },
    fault: { kind: 'status', status, body, processed },
    times,
  });
};

async function reportOn(query: string): Promise<Json> {
  const list = async () =>
    (await world.call('GET', `/api/support/reports?${query}`, undefined, headers)).body['reports'];
  await until(async () => JSON.stringify(await list()) !== '[]', 'a report');
  const [first]: Json[] = Array.isArray(await list()) ? Object(await list()) : [];
  return (await world.call('GET', `/api/support/reports/${String(first?.['supportId'])}`, undefined, headers))
    .body;
}

/** As the classifier has it, in the report and in its plain words, and nothing of the mint's own. */
function expectAdvice(report: Json, trouble: BackendTrouble): void {
  const { cause, customerImpact, nextStep, retryAfterMs } = adviceOn(trouble);
  const toldAt = expect.stringMatching(/^20/);
  const retryAfterSeconds = retryAfterMs / 1000;
  expect(report).toMatchObject({
    mintBackend: { trouble, toldAt, cause, customerImpact, retryAfterSeconds, nextStep },
    whatToDo: expect.stringContaining(`${cause} ${nextStep}`),
  });
  expect(JSON.stringify(report)).not.toContain('mallory');
}

async function asked() {
  const wallet = await world.wallet(512);
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
  return { wallet, invoice, paymentHash };
}

describe('a payment whose mint tells of its backend while it leaves open what became of it', () => {
  it.each(['session_lost', 'funds_locked', 'provider_failing', 'payment_met_before'] as const)(
    '%s: it is not sent again; what was not paid comes back after the fence, and its report says what to do',
    async (trouble) => {
      const { wallet, invoice, paymentHash } = await asked();
      const before = await askedOfMint(world, meltPath);
      await failing(meltPath, trouble);
      const id = (await wallet.melt(invoice)).body['transactionId'];
      await comesTo(wallet, id, 'pending');
      await world.context.database.operations.updateOne(
        { _id: String(id) },
        { $set: { created_at: new Date(Date.now() + aheadMs - 61 * minuteMs) } },
      );
      expectAdvice(await reportOn(`npub=${wallet.npub}&code=OPERATION_OPEN_TOO_LONG`), trouble);
      const isBack = async () => (await wallet.status(id)).body['state'] === 'released';
      await untilLater(ahead(5_000), isBack, 'the ecash back', 30_000);
      expect((await askedOfMint(world, meltPath)) - before).toBe(1);
      await expectEnd(world, wallet, paymentHash, { paid: 0, left: 512 });
      const closed = await reportOn(`npub=${wallet.npub}&status=closed`);
      expect(closed).toMatchObject({ mintBackend: null, whatToDo: 'Nothing more about this incident.' });
    },
  );

  it('payment_met_before, and it was paid: that is found by asking, never by sending it again', async () => {
    const { wallet, invoice, paymentHash } = await asked();
    const before = await askedOfMint(world, meltPath);
    await failing(meltPath, 'payment_met_before', { processed: true });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'settled');
    expect((await askedOfMint(world, meltPath)) - before).toBe(1);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('leaf_not_verified is a warning: the request goes again at once, and is paid once', async () => {
    const { wallet, invoice, paymentHash } = await asked();
    await failing(meltPath, 'leaf_not_verified', { times: 1 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

it.each([
  ['funds_locked', /backend is in trouble; try again in 15 minutes\./],
  ['payment_met_before', /ask the payee before you pay again\./],
] as const)('a payment refused for good with %s says when a new one makes sense', async (trouble, advice) => {
  const { wallet, invoice, paymentHash } = await asked();
  const fault = { kind: 'error_code', code: 20004, detail: words[trouble] } as const;
  await world.sim.addFaults({ match: { method: 'POST', path: meltPath }, fault });
  const refused = await wallet.melt(invoice);
  expect(refused).toMatchObject({ status: 422, body: { code: 'PAYMENT_FAILED' } });
  expect(refused.body['detail']).toMatch(advice);
  await expectEnd(world, wallet, paymentHash, { paid: 0, left: 512 });
});

describe('ecash that was paid for and is not issued', () => {
  /** Paid, and the mint has been asked to issue once, in vain. */
  async function heldUp(trouble: BackendTrouble, processed = false) {
    const wallet = await world.wallet();
    const { body } = await world.call('POST', `${wallet.at}/mint`, { amount: 100 });
    const before = await askedOfMint(world, issuePath);
    await failing(issuePath, trouble, { processed });
    await world.sim.pay(String(body['invoice']));
    const posts = async () => (await askedOfMint(world, issuePath)) - before;
    await untilLater(ahead(200), async () => (await posts()) > 0, 'the first request');
    return { wallet, posts };
  }
  const states = () => askedOfMint(world, '/v1/restore');

  it.each(['session_lost', 'payment_met_before'] as const)(
    '%s: the mint is asked what became of it, and for the ecash again only when the wait is over',
    async (trouble) => {
      const { wallet, posts } = await heldUp(trouble);
      const { retryAfterMs } = adviceOn(trouble);
      const looks = await states();
      const stepMs = retryAfterMs / 40;
      await untilLater(ahead(stepMs), async () => (await states()) >= looks + 2, 'two looks');
      expect(await posts()).toBe(1);
      await world.sim.clearFaults();
      const start = aheadMs;
      const isCredited = async () => (await wallet.balance())['totalBalance'] === 100;
      await untilLater(ahead(stepMs / 4), isCredited, 'the credit', 30_000);
      expect(aheadMs - start).toBeLessThan(2 * retryAfterMs);
      expect(await posts()).toBe(2);
    },
  );

  it('and was issued all the same is credited without waiting for anything', async () => {
    const { wallet, posts } = await heldUp('funds_locked', true);
    await untilLater(
      ahead(500),
      async () => (await wallet.balance())['totalBalance'] === 100,
      'the credit',
      30_000,
    );
    expect(await posts()).toBe(1);
  });

  it('for an hour has a report with what its backend is in', async () => {
    const { wallet } = await heldUp('session_lost');
    await untilLater(
      ahead(5 * minuteMs),
      async () => (await world.context.database.reports.countDocuments({ code: 'MINTING_HELD_UP' })) > 0,
      'the report',
    );
    expectAdvice(await reportOn(`npub=${wallet.npub}`), 'session_lost');
    await world.sim.clearFaults();
    const isCredited = async () => (await wallet.balance())['totalBalance'] === 100;
    await untilLater(ahead(minuteMs), isCredited, 'the credit', 30_000);
  });
});

it('a quote that the mint could not make for that reason is reported with it', async () => {
  const { wallet, invoice } = await asked();
  await failing('/v1/melt/quote/bolt11', 'session_lost');
  const refused = await wallet.melt(invoice);
  expect(refused).toMatchObject({ status: 503, body: { code: 'MINT_UNAVAILABLE' } });
  expectAdvice(await reportOn('code=MINT_UNAVAILABLE'), 'session_lost');
});

it('a report that is met again advises on what the mint said last', async () => {
  const { reports } = world.context.services;
  const met = (details: Record<string, string>) =>
    reports.file({ dedupeKey: 'met', severity: 'MEDIUM', code: 'MINT_ERROR', summary: 'no sense', details });
  const supportId = await met({ backendTrouble: 'session_lost', route: 'melt' });
  const report = async () =>
    (await world.call('GET', `/api/support/reports/${supportId}`, undefined, headers)).body;
  expectAdvice(await report(), 'session_lost');
  aheadMs += minuteMs;
  await met({ backendTrouble: 'provider_failing', route: 'mint' });
  const { lastAt, ...told } = await report();
  expectAdvice(told, 'provider_failing');
  expect(told).toMatchObject({ count: 2, mintBackend: { toldAt: lastAt }, details: { route: 'melt' } });

  // Where the last one has met no words of the mint, the words before are still the latest.
  aheadMs += minuteMs;
  await met({ route: 'mint' });
  expect(await report()).toMatchObject({
    count: 3,
    mintBackend: { trouble: 'provider_failing', toldAt: lastAt },
  });
});

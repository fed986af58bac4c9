import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CounterDocument } from '../../src/models/schemas/operation.ts';
import { askedOfMint, expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { backUp, putBack, recovered, walletOn } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a database put back to an old backup, which nobody told the server of', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000' },
    });
  });
  afterAll(() => world.end());

  type Work = () => Promise<void>;

  /** A payment of this size, whole. The invoice goes to `paid`. */
  const paying = (wallet: TestWallet, amount: number, paid: string[]) => async (): Promise<void> => {
    const { invoice } = await world.sim.invoice({ amount, routingFeeSat: amount % 2 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
    paid.push(invoice);
  };

  /** A payment that the mint refuses for good: what was swapped for it comes back. */
  const failing = (wallet: TestWallet, amount: number) => async (): Promise<void> => {
    const { invoice } = await world.sim.invoice({ amount, behaviour: 'fail' });
    expect((await wallet.melt(invoice)).body['code']).toBe('PAYMENT_FAILED');
  };

  /** Invoices that are paid, and that nobody calls back for: the server sees to all of them. */
  async function fundedByItself(wallet: TestWallet, amounts: readonly number[]): Promise<void> {
    const fund = (amount: number) => async () => {
      const asked = await world.call('POST', `${wallet.at}/mint`, { amount });
      await world.sim.pay(String(asked.body['invoice']));
    };
    await inLanes(4, amounts.map(fund));
    await until(async () => (await wallet.balance())['pendingBalance'] === 0, 'all of it credited', 60_000);
  }

  /** Works through these, so many at a time. */
  async function inLanes(lanes: number, works: readonly Work[]): Promise<void> {
    const queue = works.values();
    const lane = async () => {
      for (const work of queue) await work();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  const numbers = (count: number) => Array.from({ length: count }, (_, number) => number + 1);

  /** Operations that have ended, by kind and state. */
  async function endedOperations(): Promise<Record<string, number>> {
    const operations = await world.context.database.operations
      .find()
      .select({ kind: 1, state: 1 })
      .lean<{ kind: string; state: string }[]>();
    return Object.fromEntries(
      [...Map.groupBy(operations, ({ kind, state }) => `${kind} ${state}`)].map(([name, of]) => [
        name,
        of.length,
      ]),
    );
  }

  it('is noticed at the first payment; every sat comes back, nothing is paid or credited twice', async () => {
    const wallet = await world.wallet(2048, 1024);
    const paid: string[] = [];
    await inLanes(1, [paying(wallet, 47, []), paying(wallet, 84, [])]);
    const backup = await backUp(world);
    const operationsThen = await endedOperations();
    await fundedByItself(
      wallet,
      numbers(32).map((number) => 2 ** (3 + (number % 4))),
    );
    const payments = numbers(15).map((number) => paying(wallet, 10 + ((number * 37) % 90), paid));
    await inLanes(2, [...payments, failing(wallet, 61), failing(wallet, 38), failing(wallet, 207)]);
    expect(operationsThen).toEqual({ 'minting issued': 2, 'melt settled': 2 });
    // Fifty operations of three kinds are what the backup does not know.
    expect(await endedOperations()).toEqual({
      'minting issued': 2 + 32,
      'melt settled': 2 + 15,
      'melt released': 3,
    });
    const before = await wallet.balance();
    const counterBefore =
      (await world.context.database.counters.findOne().lean<CounterDocument>())?.next ?? 0;

    const restored = await putBack(world, world, backup);
    const again = walletOn(restored, wallet);
    expect(await again.balance()).not.toEqual(before);
    const { invoice } = await restored.sim.invoice({ amount: 100 });
    const refused = await again.melt(invoice);
    // What this payment would have taken is spent, too: either is told first.
    expect(['MELT_BLOCKED_BY_RECONCILIATION', 'PROOF_STATE_INCONSISTENCY']).toContain(refused.body['code']);
    const blocked = await again.melt(invoice);
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(blocked).toMatchObject({
      status: 409,
      body: { code: 'MELT_BLOCKED_BY_RECONCILIATION', retryable: true },
    });
    expect((await restored.call('POST', `${wallet.at}/mint`, { amount: 10 })).status).toBe(409);
    const { reports } = restored.context.database;
    expect(await reports.findById(blocked.body['supportId']).lean()).toMatchObject({
      code: 'STORE_BEHIND_MINT',
      severity: 'HIGH',
      status: 'open',
    });

    await recovered(restored, wallet.npub);
    expect(await again.balance()).toMatchObject({ totalBalance: before['totalBalance'], reservedBalance: 0 });
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
    const closed = await reports.findOne({ code: 'STORE_BEHIND_MINT' }).lean();
    expect(closed).toMatchObject({
      status: 'closed',
      closed_how: expect.stringMatching(/sat were found by the seed/),
    });
    const counter = await restored.context.database.counters.findOne().lean<CounterDocument>();
    expect(counter?.next).toBeGreaterThanOrEqual(counterBefore + 900);

    for (const old of paid.slice(0, 2)) expect((await again.melt(old)).body['paymentResult']).toBeUndefined();
    await restored.sim.clearRequests();
    expect(await again.melt(invoice)).toMatchObject({ status: 200, body: { paidAmount: 100 } });
    // Being sure of that costs a payment one request.
    expect(await askedOfMint(restored, '/v1/restore')).toBe(1);
    expect(await askedOfMint(restored, '/v1/checkstate')).toBe(1);
    await expectBalancedBooks(restored);
    await expectRealMoney(restored, wallet.npub);
  }, 120_000);
});

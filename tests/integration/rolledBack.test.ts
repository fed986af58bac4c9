import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CounterDocument } from '../../src/models/schemas/operation.ts';
import { askedOfMint, expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { backUp, putBack, recovered, walletOn } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

describe('a database put back to an old backup, which nobody told the server of', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '20000' },
    });
  });
  afterAll(() => world.end());

  /** Pays so many invoices of changing amounts, each of them whole. */
  async function live(wallet: TestWallet, payments: number): Promise<string[]> {
    const invoices: string[] = [];
    for (let number = 1; number <= payments; number += 1) {
      const { invoice } = await world.sim.invoice({
        amount: 10 + ((number * 37) % 90),
        routingFeeSat: number % 2,
      });
      expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
      invoices.push(invoice);
    }
    return invoices;
  }

  it('is noticed at the first payment; every sat comes back, nothing is paid or credited twice', async () => {
    const wallet = await world.wallet(2048, 1024);
    await live(wallet, 3);
    const backup = await backUp(world);
    const paid = await live(wallet, 44);
    for (const amount of [500, 333, 222]) await wallet.fund(amount);
    paid.push(...(await live(wallet, 3)));
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
  });
});

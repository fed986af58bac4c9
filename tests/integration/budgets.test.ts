import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { dayOf } from '../../src/models/apiKey.ts';
import { expectBudgetsKept } from '../support/budgets.ts';
import { expectBalancedBooks, timesPaid, unhurried } from '../support/money.ts';
import {
  type Instance,
  type Reply,
  startWorld,
  type TestWallet,
  until,
  type World,
} from '../support/world.ts';

/** 10 sat of fee reserve, so that 40 sat take 50 until they are paid. */
const feeReserve = 10;

let world: World;
let second: Instance;
/** The clocks of both instances are this much ahead. */
let aheadMs = 0;
beforeAll(async () => {
  const now = () => new Date(Date.now() + aheadMs);
  world = await startWorld({
    simulator: { feeReserveMinSat: feeReserve },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '30000' },
    overrides: { now },
  });
  second = await world.instance({ now });
});
afterAll(() => world.end());
afterEach(async () => {
  await expectBudgetsKept(world);
  await expectBalancedBooks(world);
});

type Spender = { keyId: string; headers: { authorization: string } };

async function keyWith(budgetSatPerDay: bigint | null, npub: string | null = null): Promise<Spender> {
  const { key, token } = await world.context.services.apiKeys.issue({
    label: 'spender',
    scopes: ['wallet:melt'],
    npub,
    expiresAt: null,
    budgetSatPerDay,
  });
  return { keyId: key.id, headers: { authorization: `Bearer ${token}` } };
}

async function spentBy({ keyId }: Spender): Promise<bigint | null | undefined> {
  return (await world.context.services.apiKeys.list()).find(({ id }) => id === keyId)?.spentTodaySat;
}

const invoice = (amount: number, more: object = {}) => world.sim.invoice({ amount, ...more });

/** Decides a payment that hangs, once it does. */
async function settle(paymentHash: string): Promise<void> {
  const isUnderWay = async () =>
    (await world.sim.ledger()).payments.some((payment) => payment.paymentHash === paymentHash);
  await until(isUnderWay, 'the payment');
  await world.sim.settle(paymentHash, 'paid');
}

const refusal = ({ status, body }: Reply) => ({
  status,
  code: body['code'],
  severity: body['severity'],
  budget: body['budget'],
  spentToday: body['spentToday'],
  required: body['required'],
});
const exceeded = (budget: number, spentToday: number, required: number) => ({
  status: 403,
  code: 'BUDGET_EXCEEDED',
  severity: 'LOW',
  budget,
  spentToday,
  required,
});

describe('a key with a budget', () => {
  it('pays until the budget does not cover the next payment with its highest fee', async () => {
    const wallet = await world.wallet(50, 50, 50);
    const spender = await keyWith(95n);
    const pay = async (amount: number) => wallet.melt((await invoice(amount)).invoice, {}, spender.headers);
    expect(await pay(86)).toMatchObject({ status: 403 });
    expect(await spentBy(spender)).toBe(0n);
    expect((await pay(40)).body).toMatchObject({ paidAmount: 40, feesPaid: 0 });
    expect(await spentBy(spender)).toBe(40n);
    expect((await pay(40)).body).toMatchObject({ paidAmount: 40 });
    expect(refusal(await pay(6))).toEqual(exceeded(95, 80, 16));
    expect((await pay(5)).status).toBe(200);
    expect(await spentBy(spender)).toBe(85n);
  });

  it('counts what a payment took: its fees too, and nothing where it failed', async () => {
    const wallet = await world.wallet(100, 100);
    const spender = await keyWith(1_000n);
    const dear = await invoice(40, { routingFeeSat: 7 });
    expect((await wallet.melt(dear.invoice, {}, spender.headers)).body).toMatchObject({ feesPaid: 7 });
    expect(await spentBy(spender)).toBe(47n);
    const failing = await invoice(40, { behaviour: 'fail' });
    expect((await wallet.melt(failing.invoice, {}, spender.headers)).body['code']).toBe('PAYMENT_FAILED');
    expect(await spentBy(spender)).toBe(47n);
  });

  it('is told of an invoice that it pays already, and not that too little is left to pay it twice', async () => {
    const wallet = await world.wallet(100, 100);
    const spender = await keyWith(100n);
    const wanted = await invoice(60);
    const match = { method: 'POST', path: '/v1/melt/quote/bolt11' } as const;
    await world.sim.addFaults({ match, fault: 'hold', times: 2 });
    const both = [1, 2].map(() => wallet.melt(wanted.invoice, {}, spender.headers));
    await until(async () => (await world.sim.faults()).held === 2, 'both at the mint');
    await world.sim.release();
    const told = (await Promise.all(both)).map(({ status, body }) => body['code'] ?? status);
    expect(told.sort()).toEqual([200, 'DUPLICATE_PAYMENT']);
    expect(await spentBy(spender)).toBe(60n);
  });

  it('keeps the most that a hanging payment may take, until that has ended', async () => {
    const wallet = await world.wallet(100, 100);
    const spender = await keyWith(100n);
    const hanging = await invoice(40, { behaviour: 'pending' });
    const begun = await wallet.melt(hanging.invoice, {}, { ...spender.headers, prefer: 'respond-async' });
    expect(begun.status).toBe(202);
    expect(await spentBy(spender)).toBe(50n);
    const next = await invoice(45);
    expect(refusal(await wallet.melt(next.invoice, {}, spender.headers))).toEqual(exceeded(100, 50, 55));
    await settle(hanging.paymentHash);
    const hasEnded = async () =>
      (await wallet.status(begun.body['transactionId'])).body['state'] === 'settled';
    await until(hasEnded, 'the payment booked');
    expect(await spentBy(spender)).toBe(40n);
    expect((await wallet.melt(next.invoice, {}, spender.headers)).status).toBe(200);
  });

  it('leaves nothing behind where it is refused: no reservation, no used idempotency key', async () => {
    const wallet = await world.wallet(100);
    const spender = await keyWith(30n);
    const { invoice: text, paymentHash } = await invoice(40);
    const headers = { ...spender.headers, 'idempotency-key': 'once' };
    const before = await wallet.balance();
    expect(refusal(await wallet.melt(text, {}, headers))).toEqual(exceeded(30, 0, 50));
    expect(await wallet.balance()).toEqual(before);
    expect(await world.context.database.keySpending.countDocuments({ key_id: spender.keyId })).toBe(0);
    const again = await wallet.melt(text, {}, { 'idempotency-key': 'once' });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('is told again what it has paid, although nothing is left', async () => {
    const wallet = await world.wallet(100);
    const spender = await keyWith(50n);
    const { invoice: text } = await invoice(40);
    const headers = { ...spender.headers, 'idempotency-key': 'twice' };
    expect((await wallet.melt(text, {}, headers)).status).toBe(200);
    expect((await wallet.melt(text, {}, headers)).status).toBe(200);
    expect(await spentBy(spender)).toBe(40n);
  });

  it('begins anew at midnight UTC, and a payment counts for the day on which it was reserved', async () => {
    const wallet = await world.wallet(100, 100);
    const spender = await keyWith(50n);
    const hanging = await invoice(40, { behaviour: 'pending' });
    aheadMs = -24 * 3_600_000;
    const begun = await wallet.melt(hanging.invoice, {}, { ...spender.headers, prefer: 'respond-async' });
    aheadMs = 0;
    expect((await wallet.melt((await invoice(39)).invoice, {}, spender.headers)).status).toBe(200);
    await settle(hanging.paymentHash);
    const hasEnded = async () =>
      (await wallet.status(begun.body['transactionId'])).body['state'] === 'settled';
    await until(hasEnded, 'the payment booked');
    const days = await world.context.database.keySpending
      .find({ key_id: spender.keyId })
      .sort({ day: 1 })
      .lean();
    expect(days.map(({ day, reserved }) => [day, Number(reserved)])).toEqual([
      [dayOf(new Date(Date.now() - 24 * 3_600_000)), 50],
      [dayOf(new Date()), 49],
    ]);
    expect(await spentBy(spender)).toBe(39n);
  });

  it('that has none writes nothing about what it spends', async () => {
    const wallet = await world.wallet(100);
    const spender = await keyWith(null);
    expect((await wallet.melt((await invoice(40)).invoice, {}, spender.headers)).status).toBe(200);
    expect(await world.context.database.keySpending.countDocuments({ key_id: spender.keyId })).toBe(0);
  });
});

describe('many payments of one key at once, through two instances', () => {
  it('thirty, of which the budget covers twelve: it is never overspent, and fully used', async () => {
    const spender = await keyWith(600n);
    const wallets: TestWallet[] = [];
    while (wallets.length < 30)
      wallets.push(...(await Promise.all(Array.from({ length: 10 }, () => world.wallet(50)))));
    const invoices = await Promise.all(wallets.map(() => invoice(40, { routingFeeSat: feeReserve })));
    const replies = await Promise.all(
      wallets.map((wallet, n) =>
        wallet.melt(invoices[n]?.invoice ?? '', {}, spender.headers, [world.url, second.url][n % 2]),
      ),
    );
    const codes = replies.map(
      ({ status, body }) => `${status} ${String(body['code'] ?? body['paymentResult'])}`,
    );
    expect(codes.filter((code) => code === '200 PAID')).toHaveLength(12);
    expect(codes.filter((code) => code !== '200 PAID' && code !== '403 BUDGET_EXCEEDED')).toEqual([]);
    expect(await spentBy(spender)).toBe(600n);
    for (const [n, { paymentHash }] of invoices.entries())
      expect(await timesPaid(world, paymentHash)).toBe(replies[n]?.status === 200 ? 1 : 0);
  }, 120_000);
});

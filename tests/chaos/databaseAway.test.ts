import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAllSettled } from '../support/mischief.ts';
import { expectRealMoney, timesPaid } from '../support/money.ts';
import {
  balanceAgain,
  brokenAt,
  type Outage,
  openOutage,
  paidNotBooked,
  reportOf,
} from '../support/outage.ts';
import { type Reply, type TestWallet, until } from '../support/world.ts';

let outage: Outage;
beforeAll(async () => {
  outage = await openOutage(3);
});
afterAll(() => outage.end());
afterEach(() => expectAllSettled(outage.world));

describe('a primary that goes while payments are made', () => {
  it('by stepping down: every payment is made, once, and every answer is true', async () => {
    await payThrough(() => outage.nodes.stepDown());
  });

  it('by being killed: every payment is made, once, and every answer is true', async () => {
    let comeBack = async (): Promise<void> => undefined;
    await payThrough(async () => {
      comeBack = await outage.nodes.killPrimary();
    });
    await comeBack();
  });

  /** Six payments, of which the last begin when the primary has gone. */
  async function payThrough(goAway: () => Promise<void>): Promise<void> {
    const { world, nodes } = outage;
    const wallet = await world.wallet(128, 128, 128, 128, 128, 128);
    const invoices = await Promise.all(Array.from({ length: 6 }, () => world.sim.invoice({ amount: 100 })));
    const pay = async ({ invoice, paymentHash }: { invoice: string; paymentHash: string }) => ({
      paymentHash,
      reply: await wallet.melt(invoice),
    });
    const early = invoices.slice(0, 4).map(pay);
    await until(async () => (await world.sim.ledger()).payments.length > 0, 'the first payment');
    await goAway();
    const late = invoices.slice(4).map(pay);
    await nodes.untilPrimary();
    const told = await Promise.all([...early, ...late]);
    const { operations } = world.context.database;
    const open = () => operations.countDocuments({ kind: 'melt', open: true });
    await until(async () => (await open()) === 0, 'every melt at its end');
    for (const { reply, paymentHash } of told) await expectTrue(wallet, reply, paymentHash);
    await expectRealMoney(world, wallet.npub);
  }
});

it('no primary any more before the mint is asked: refused, nothing reserved, and the report is kept', async () => {
  const { world, nodes } = outage;
  const wallet = await world.wallet(512);
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
  let comeBack = async (): Promise<void> => undefined;
  const ask = () => wallet.melt(invoice);
  const reply = await brokenAt(outage, '/v1/melt/quote/bolt11', ask, async () => {
    comeBack = await nodes.killMajority();
  });
  expect(reply).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE', retryable: true } });
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  const moved = ['/v1/swap', '/v1/melt/bolt11'];
  expect((await world.sim.requests()).filter(({ path }) => moved.includes(path))).toEqual([]);
  await comeBack();
  expect(await balanceAgain(wallet)).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  await until(async () => (await reportOf(outage, reply)) !== null, 'its report');
  expect(await timesPaid(world, paymentHash)).toBe(0);
  expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
});

/** What the client was told is what has happened. */
async function expectTrue(wallet: TestWallet, reply: Reply, paymentHash: string): Promise<void> {
  const { status, body } = reply;
  const paid = await timesPaid(outage.world, paymentHash);
  const outcome = `${status} ${String(body['code'] ?? body['paymentResult'])}`;
  if (outcome === '200 PAID' || outcome === `500 ${paidNotBooked}`) return expect(paid).toBe(1);
  if (outcome === '503 DATABASE_UNAVAILABLE') return expect(paid).toBe(0);
  expect(outcome).toBe('202 PENDING');
  const { state } = (await wallet.status(body['transactionId'])).body;
  expect(state).toBe(paid === 1 ? 'settled' : 'released');
}

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { httpTransport } from '../../src/services/mint/transport.ts';
import { severable } from '../support/severable.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
let wallet: TestWallet;
let database: Awaited<ReturnType<typeof severable>>;
/** The database goes away in the moment that this request to the mint has been answered. */
let cutAfter: string | null;

beforeEach(async () => {
  cutAfter = null;
  world = await startWorld({
    env: { CRUCIBLE_ANSWER_WITHIN_MS: '15000' },
    relay: async (uri) => {
      database = await severable(uri);
      return database.uri;
    },
    overrides: {
      transport: async (request) => {
        const reply = await httpTransport(request);
        if (cutAfter !== null && request.url.endsWith(cutAfter)) database.sever();
        return reply;
      },
    },
  });
  wallet = await world.wallet(500);
});
afterEach(async () => {
  database.mend();
  await world.end();
  await database.close();
});

async function payWhileTheDatabaseGoesAfter(path: string): Promise<Reply> {
  const { invoice } = await world.sim.invoice({ amount: 100 });
  cutAfter = path;
  const reply = await wallet.melt(invoice);
  cutAfter = null;
  database.mend();
  return reply;
}

async function booksAreRight(): Promise<void> {
  const { outstanding, balance, payments } = await world.sim.ledger();
  expect(balance.ok).toBe(true);
  expect(payments.every(({ count }) => count <= 1)).toBe(true);
  await until(async () => (await wallet.balance())['reservedBalance'] === 0, 'nothing reserved', 30_000);
  expect((await wallet.balance())['totalBalance']).toBe(outstanding);
}

it('when the database goes away after the mint has paid, the client hears exactly that, and the server books it later', async () => {
  const reply = await payWhileTheDatabaseGoesAfter('/v1/melt/bolt11');
  expect(reply).toMatchObject({
    status: 500,
    body: {
      code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
      severity: 'CRITICAL',
      requiresManualIntervention: true,
      quoteId: expect.any(String),
      transactionId: expect.stringMatching(/^tx_melt_/),
      supportId: expect.any(String),
      recovery: { state: 'scheduled', statusUrl: expect.any(String) },
    },
  });
  const look = () => wallet.status(reply.body['transactionId']);
  await until(async () => (await look()).body['status'] === 'PAID', 'the booking', 30_000);
  await booksAreRight();
  const report = { code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' };
  const stored = () => world.context.database.reports.findOne(report).lean();
  await until(async () => (await stored())?.status === 'closed', 'the report closed', 30_000);
});

it('when the database goes away during the swap, nothing is paid, and the funds come back by themselves', async () => {
  const reply = await payWhileTheDatabaseGoesAfter('/v1/swap');
  expect(reply).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE', retryable: true } });
  expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  await booksAreRight();
  const { payments } = await world.sim.ledger();
  expect(payments.filter(({ amountSat, count }) => amountSat === 100 && count > 0)).toEqual([]);
  expect((await wallet.balance())['totalBalance']).toBe(500);
});

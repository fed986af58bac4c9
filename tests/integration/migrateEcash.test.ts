import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { owners } from '../fixtures/legacyStore/odd.ts';
import { realStore } from '../fixtures/legacyStore/real.ts';
import { type Database, type LegacyStore, startLegacyStore } from '../support/legacyStore.ts';
import { member } from '../support/money.ts';

type Server = Awaited<ReturnType<Database['serve']>>;

/** Whole processes, each of which loads everything anew, on machines that may be busy. */
jest.setTimeout(120_000);

let store: LegacyStore;
beforeAll(async () => {
  store = await startLegacyStore();
});
afterAll(() => store.end());

const balanceOf = async ({ call }: Server, npub: string): Promise<unknown> =>
  (await call('GET', `${npub}/balance`)).body['details'];

/** Σ of what the wallets hold, by their own word. */
async function held(server: Server): Promise<number> {
  const balances = [await balanceOf(server, owners.carol), await balanceOf(server, owners.dave)];
  return balances.reduce<number>((sum, balance) => sum + Number(member(balance, 'totalBalance')), 0);
}

it('after the migration the wallets hold what the mint honours, to the unit, and can pay with all of it', async () => {
  const { documents, secrets, wallets } = await realStore(store.mintUrl, store.sim);
  const database = await store.database(documents);
  const before = await store.sim.ledger();

  const migrated = await database.crucible('migrate', '--json');
  expect(migrated).toMatchObject({ code: 0, stderr: '' });
  const report: unknown = JSON.parse(migrated.stdout);
  expect(member(report, 'findings')).toEqual([]);
  expect(member(report, 'checks')).toEqual([
    {
      unit: 'sat',
      unspentBefore: before.outstanding,
      unspentAfter: before.outstanding,
      unresolved: 0,
      holds: true,
    },
  ]);

  const server = await database.serve();
  expect(await held(server)).toBe(before.outstanding);
  expect(await balanceOf(server, owners.dave)).toMatchObject({ totalBalance: 17, unspentBalance: 17 });
  const created = await server.call('POST', 'create', { npub: owners.carol });
  expect(created).toMatchObject({ status: 200 });
  expect(member(created.body, 'walletDetails', 'walletId')).toBe(String(wallets[owners.carol]));

  // What the melt kept stood in its spent source too, under the same secrets: it is counted once, as change.
  const tokens = await server.context.database.tokens.find({ npub: owners.carol }).lean();
  const source = tokens.find(({ transaction_id }) => transaction_id === 'mint_1754647200000_melted');
  expect(source).toMatchObject({ status: 'spent', spent_reason: 'operation' });
  expect(Number(source?.total_amount)).toBeLessThan(150);
  expect(tokens.map(({ transaction_type }) => transaction_type)).not.toContain('melted');

  const all = Number(member(await balanceOf(server, owners.carol), 'totalBalance'));
  const { invoice, paymentHash } = await store.sim.invoice({ amount: all - 10 });
  const paid = await server.call('POST', `${owners.carol}/melt`, { invoice });
  expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', paidAmount: all - 10 } });
  const after = await store.sim.ledger();
  expect(after.payments).toContainEqual(expect.objectContaining({ paymentHash, count: 1 }));
  expect(await held(server)).toBe(after.outstanding);

  const everything = await database.dump();
  for (const secret of secrets) expect(everything).not.toContain(secret);
});

it('ecash that was handed on is set aside, and pre-flight finds out by itself that it was taken', async () => {
  const { documents } = await realStore(store.mintUrl, store.sim);
  const database = await store.database(documents);
  expect(await database.migrate()).toMatchObject({ findings: [] });
  const server = await database.serve();
  const sent = () => server.context.database.tokens.findOne({ transaction_type: 'sent' }).lean();
  expect(await sent()).toMatchObject({ status: 'pending', total_amount: 17 });
  const { invoice } = await store.sim.invoice({ amount: 5 });
  expect((await server.call('POST', `${owners.carol}/melt`, { invoice })).status).toBe(200);
  expect(await sent()).toMatchObject({ status: 'spent', spent_reason: 'mint_reported' });
});

it('where the earlier server paid and failed to mark the source, the mint is believed before the next payment', async () => {
  const { documents } = await realStore(store.mintUrl, store.sim);
  const tokens = documents['cashu_tokens'] ?? [];
  const source = tokens.find(({ transaction_id }) => transaction_id === 'mint_1754647200000_melted');
  Object.assign(source ?? {}, { status: 'unspent', spent_at: null });
  const database = await store.database(documents);
  const { findings } = await database.migrate();
  // What the melt kept is unspent twice now; the older token keeps it.
  expect(findings[0]?.kind).toBe('duplicate');

  const server = await database.serve();
  const { invoice } = await store.sim.invoice({ amount: 200 });
  const refused = await server.call('POST', `${owners.carol}/melt`, { invoice });
  expect(refused).toMatchObject({ status: 400, body: { code: 'PROOF_STATE_INCONSISTENCY' } });
  const { outstanding } = await store.sim.ledger();
  const others = outstanding - (await held(server));
  const paid = await server.call('POST', `${owners.carol}/melt`, { invoice });
  expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  expect((await store.sim.ledger()).outstanding - (await held(server))).toBe(others);
});

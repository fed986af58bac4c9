import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MeltState, type MintingState, meltStates, mintingStates } from '../../src/models/operation.ts';
import type { Database } from '../../src/repositories/database.ts';
import { operationDocument } from '../../src/repositories/operationDocuments.ts';
import { sealingParts } from '../../src/repositories/sealedParts.ts';
import {
  createTransactionListRepository,
  listQueries,
  newestFirst,
  type TransactionFilter,
} from '../../src/repositories/transactionList.ts';
import { kindsInStates } from '../../src/services/transactions/status.ts';
import { openFresh } from '../support/openFresh.ts';
import { melt, minting, startedAt } from '../support/operations.ts';
import { anySealer } from '../support/sealers.ts';

/** A wallet with a history of 400 operations, eight of them in each millisecond, among those of others. */
const walletId = 'wal_many';
const operationCount = 400;
const atOnce = 8;

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
  const { seal } = sealingParts(anySealer());
  const lease = { lease_owner: null, lease_until: null };
  const all = Array.from({ length: operationCount }, (_, number) => operation(number));
  const others = all.map((each) => ({ ...each, id: `${each.id}_other`, walletId: 'wal_other' }));
  await database.operations.insertMany(
    [...all, ...others].map((each) => ({ ...operationDocument(each, seal), ...lease })),
  );
});
afterAll(() => end());

function operation(number: number) {
  const common = {
    walletId,
    createdAt: new Date(startedAt.getTime() + Math.floor(number / atOnce)),
    memo: `number ${number}`,
    externalId: number % 10 === 0 ? 'shop' : null,
  };
  const name = String((number * 7) % operationCount).padStart(4, '0');
  if (number % 2 === 0) {
    const state: MeltState = meltStates[(number / 2) % meltStates.length] ?? 'settled';
    return melt({ ...common, id: `tx_melt_${name}`, paymentHash: name, state });
  }
  const state: MintingState = mintingStates[((number - 1) / 2) % mintingStates.length] ?? 'issued';
  return minting({ ...common, id: `tx_mint_${name}`, quoteId: name, state });
}

const everything: TransactionFilter = { among: null, externalId: null, after: null };
const place = { createdAt: new Date(startedAt.getTime() + 25), id: 'tx_melt_0200' };
const filters: [string, TransactionFilter][] = [
  ['nothing', everything],
  ['a kind', { ...everything, among: kindsInStates('melt', undefined) }],
  ['a status', { ...everything, among: kindsInStates(undefined, 'PENDING') }],
  ['a kind and a status', { ...everything, among: kindsInStates('mint', 'PAID') }],
  ['an externalId', { ...everything, externalId: 'shop' }],
  ['all of these', { externalId: 'shop', among: kindsInStates('melt', 'PENDING'), after: null }],
];

describe('a wallet’s history', () => {
  it.each([
    ...filters,
    ...filters.map(([by, filter]): [string, TransactionFilter] => [
      `${by}, from the middle on`,
      { ...filter, after: place },
    ]),
  ])(
    'filtered by %s is read in the order of an index, and little more than is shown',
    async (_by, filter) => {
      const atMost = 6;
      const queries = listQueries(walletId, filter);
      expect(queries.length).toBeGreaterThan(0);
      for (const { where, hint } of queries) {
        const explained: unknown = await database.operations
          .find(where)
          .sort(newestFirst)
          .limit(atMost)
          .hint(hint)
          .explain('executionStats');
        const { queryPlanner, executionStats } = Object(explained);
        const stages = stagesIn(queryPlanner.winningPlan);
        expect(stages).toContain('IXSCAN');
        expect(stages).not.toContain('COLLSCAN');
        expect(stages).not.toContain('SORT');
        // Those of one moment that were shown already are passed over, and of an externalId those of other states.
        const passed =
          (filter.after === null ? 0 : atOnce) + (filter.externalId === null ? 0 : operationCount / 10);
        expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(atMost + passed);
      }
    },
  );

  it.each(filters)(
    'filtered by %s and read in pages is whole, in order, and nothing is there twice',
    async (_by, filter) => {
      const list = createTransactionListRepository(database);
      const whole = await list.newest(walletId, filter, operationCount);
      expect(whole.length).toBeGreaterThan(8);
      const pages = [];
      for (let after: TransactionFilter['after'] = null; ; ) {
        const page = await list.newest(walletId, { ...filter, after }, 7);
        pages.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last;
      }
      expect(pages).toEqual(whole);
      const isInOrder = whole.every((entry, at) => {
        const next = whole[at + 1];
        if (next === undefined) return true;
        const apartMs = entry.createdAt.getTime() - next.createdAt.getTime();
        return apartMs > 0 || (apartMs === 0 && entry.id > next.id);
      });
      expect(isInOrder).toBe(true);
    },
  );

  it('has each operation of the wallet once, and none of another’s', async () => {
    const whole = await createTransactionListRepository(database).newest(walletId, everything, 1_000);
    expect(new Set(whole.map(({ id }) => id)).size).toBe(operationCount);
    expect(whole.filter(({ id }) => id.endsWith('_other'))).toEqual([]);
  });

  it('filtered by each status falls into parts that are the whole', async () => {
    const list = createTransactionListRepository(database);
    const statuses = ['PENDING', 'PAID', 'FAILED', 'EXPIRED', 'NEEDS_ATTENTION'] as const;
    const parts = await Promise.all(
      statuses.map((status) =>
        list.newest(walletId, { ...everything, among: kindsInStates(undefined, status) }, 1_000),
      ),
    );
    expect(parts.map((part) => part.length > 0)).toEqual([true, true, true, true, true]);
    expect(parts.flat()).toHaveLength(operationCount);
  });

  it('is read without anything that is sealed', async () => {
    // Were it opened, this would be seen at once.
    await database.operations.updateMany({ wallet_id: 'wal_other' }, { $set: { sealed: 'x' } });
    const list = createTransactionListRepository(database);
    expect(await list.newest('wal_other', everything, 3)).toHaveLength(3);
    const { id } = operation(0);
    expect(await list.story('wal_other', `${id}_other`)).toMatchObject({
      outline: { kind: 'melt', amount: 1000n, memo: 'number 0' },
      timeline: [{ state: 'prepared' }],
    });
    expect(await list.story('wal_other', id)).toBeNull();
  });
});

/** The names of all stages of a plan. */
function stagesIn(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(stagesIn);
  if (typeof plan !== 'object' || plan === null) return [];
  const inside = Object.values(plan).flatMap(stagesIn);
  return 'stage' in plan ? [String(plan.stage), ...inside] : inside;
}

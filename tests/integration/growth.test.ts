import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fill } from '../../bench/growth/fill.ts';
import { syntheticWallet } from '../../bench/growth/synthetic.ts';
import type { ListPosition, TransactionOutline } from '../../src/models/transaction.ts';
import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { createTokenRepository } from '../../src/repositories/tokens.ts';
import {
  createTransactionListRepository,
  type TransactionFilter,
} from '../../src/repositories/transactionList.ts';
import { openFresh } from '../support/openFresh.ts';
import { profiled } from '../support/profiled.ts';
import { oneForAll } from '../support/sealers.ts';

const [few, many, dust] = ['wal_few', 'wal_many', 'wal_dust'];
const now = () => new Date('2026-11-22T12:00:00Z');

/** What a wallet's reads cost, in what can be counted: times depend on the machine. */
describe('a wallet that has spent two thousand tokens, beside one that has spent two hundred', () => {
  let database: Database;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ database, end } = await openFresh());
    for (const one of [
      syntheticWallet(few, { unspent: 20, spent: 200, melts: 100 }),
      syntheticWallet(many, { unspent: 20, spent: 2_000, melts: 1_000 }),
      syntheticWallet(dust, { unspent: 6_000, spent: 0, melts: 0 }),
    ]) {
      await fill(database, 'tokens', one.tokens);
      await fill(database, 'operations', one.operations);
    }
  });
  afterAll(() => end());

  async function examined(act: () => Promise<unknown>) {
    const seen = await profiled(database.connection, act);
    return {
      keys: seen.reduce((sum, { keysExamined }) => sum + keysExamined, 0),
      documents: seen.reduce((sum, { docsExamined }) => sum + docsExamined, 0),
    };
  }

  const ledger = () => createLedgerRepository(database, now);
  const balanceOf = (walletId: string) => examined(() => ledger().balance(walletId));

  it('fetches no token for its balance, and no more keys once the old ones are archived', async () => {
    expect((await balanceOf(many)).documents).toBe(0);
    const before = [await ledger().balance(few), await ledger().balance(many)];
    const { archive } = createArchivingRepository(database);
    for (const walletId of [few, many])
      while ((await archive(walletId, { spentBefore: now(), keep: 100, atMost: 500 })) > 0);
    expect([await ledger().balance(few), await ledger().balance(many)]).toEqual(before);
    const [small, large] = [await balanceOf(few), await balanceOf(many)];
    expect(large).toEqual(small);
    // The sum of the archive is the one document; 120 tokens are left, some of them spent within the last day.
    expect(large.documents).toBe(1);
    expect(large.keys).toBeLessThan(250);
  });

  it('reads as many tokens to choose from, and as many that were spent last', async () => {
    const { spendable, besides } = createTokenRepository(database, oneForAll());
    const choosing = (walletId: string) => examined(() => spendable(walletId));
    expect(await choosing(many)).toEqual(await choosing(few));
    const looking = (walletId: string) => examined(() => besides(walletId, 100));
    expect(await looking(many)).toEqual(await looking(few));
  });

  it('of more tokens than are read, sees those of the largest sums, by index', async () => {
    const { spendable } = createTokenRepository(database, oneForAll());
    const found = await spendable(dust);
    const amounts = found.map(({ proofs }) => proofs.reduce((sum, { amount }) => sum + amount, 0n));
    const all = syntheticWallet(dust, { unspent: 6_000, spent: 0, melts: 0 });
    const largest = all.tokens
      .map(({ total_amount: amount }) => amount)
      .sort((a, b) => (a < b ? 1 : -1))
      .slice(0, 5_000);
    expect(amounts).toEqual(largest);
    expect((await examined(() => spendable(dust))).documents).toBe(5_000);
  });

  it('tells each page of its history for the same', async () => {
    const { newest } = createTransactionListRepository(database);
    for (const among of [null, [{ kind: 'melt' as const, states: ['settled', 'paid'] as const }]]) {
      const pages: unknown[] = [];
      let after: ListPosition | null = null;
      for (let page = 0; page < 10; page += 1) {
        const where: TransactionFilter = { among, externalId: null, after };
        pages.push(await examined(() => newest(many, where, 50)));
        const last: TransactionOutline | undefined = (await newest(many, where, 50)).at(-1);
        after = last === undefined ? null : { createdAt: last.createdAt, id: last.id };
      }
      expect(new Set(pages.slice(1).map((page) => JSON.stringify(page))).size).toBe(1);
      expect(pages[0]).toEqual(
        await examined(() => newest(few, { among, externalId: null, after: null }, 50)),
      );
    }
  });

  it('counts its melts without reading them', async () => {
    const { documents } = await examined(() => ledger().statistics(many));
    expect(documents).toBe(20 + 1);
  });
});

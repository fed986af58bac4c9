import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { createSolvencyRepository } from '../../src/repositories/solvency.ts';
import { createStandings } from '../../src/repositories/standings.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';

const overCount = 500;
const at = new Date('2026-11-22T12:00:00Z');
const walletId = 'wal_1';

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.uri);
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

type Raw = { _id: string; [field: string]: unknown };
const insert = (model: 'tokens' | 'operations', documents: Raw[]) =>
  database.connection.db?.collection<Raw>(database[model].collection.name).insertMany(documents);

/** Eight tokens of 10 that are unspent, two of them reserved, among hundreds that are spent. */
function tokensOf(): Raw[] {
  return Array.from({ length: overCount + 8 }, (_, number) => ({
    _id: `tok_${number}`,
    wallet_id: walletId,
    mint_url: 'https://mint.example',
    transaction_id: `tx_${number}`,
    status: number < 8 ? 'unspent' : 'spent',
    reserved_by: number < 2 ? 'tx_melt_open' : null,
    total_amount: 10n,
    proofs: [{ Y: `Y_${number}`, amount: 10n }],
    created_at: at,
  }));
}

/** A melt that hangs, one that waits for a person, and hundreds that have ended. */
function operationsOf(): Raw[] {
  const ended = Array.from(
    { length: overCount },
    (_, number): Raw => ({
      _id: `tx_melt_${number}`,
      wallet_id: walletId,
      kind: 'melt',
      state: 'settled',
      quote_id: `quote_${number}`,
      held_amount: 0n,
      attempts: [{ number: 1 }],
      created_at: at,
    }),
  );
  const [one = { _id: '' }] = ended;
  return [
    ...ended,
    { ...one, _id: 'tx_melt_open', state: 'pending', open: true, held_amount: 5n },
    { ...one, _id: 'tx_melt_stopped', state: 'needs_attention', held_amount: 7n },
  ];
}

describe('what the books hold of a wallet', () => {
  it('is what its balance says, and is summed up without reading what is over', async () => {
    await insert('tokens', tokensOf());
    await insert('operations', operationsOf());
    const { db } = database.connection;
    if (db === undefined) throw new Error('there is no database');
    await db.command({ profile: 2 });
    const { booked, overstated } = await createSolvencyRepository(database).books(walletId);
    await db.command({ profile: 0 });
    expect({ booked, overstated }).toEqual({ booked: 92n, overstated: 0n });
    const { unspent } = await createLedgerRepository(database, () => at).balance(walletId);
    expect(booked).toBe(unspent);
    const read = await db
      .collection<{ ns: string; docsExamined: number; planSummary: string }>('system.profile')
      .find({
        'command.aggregate': {
          $in: [database.tokens, database.operations].map(({ collection }) => collection.name),
        },
      })
      .project<{ docsExamined: number; keysExamined: number }>({ docsExamined: 1, keysExamined: 1 })
      .toArray();
    expect(read).toHaveLength(3);
    const sum = (of: 'docsExamined' | 'keysExamined') => read.reduce((all, one) => all + one[of], 0);
    expect(sum('docsExamined')).toBe(10);
    expect(sum('keysExamined')).toBeLessThan(20);
  });

  it('tells by how much the sums of tokens say more than their proofs', async () => {
    await database.tokens.updateOne({ _id: 'tok_3' }, { $inc: { total_amount: 1n } });
    expect(await createSolvencyRepository(database).books(walletId)).toEqual({ booked: 93n, overstated: 1n });
  });
});

test('of wallets at a mint that is not served any more nothing is told: nobody can look at them', async () => {
  const served = 'https://served.example';
  const wallet = { unit: 'sat', mint_id: '02', created_at: at };
  await database.wallets.insertMany([
    { ...wallet, _id: 'wal_served', npub: 'npub1a', mint_url: served, solvency_at: at },
    { ...wallet, _id: 'wal_left', npub: 'npub1b', mint_url: 'https://left.example' },
    { ...wallet, _id: 'wal_old', npub: 'npub1c', mint_url: 'https://left.example', solvency_at: new Date(0) },
  ]);
  const standing = await createStandings(database, 1_000, [served]).latest(new Date());
  expect(standing.solvency?.value).toEqual([
    expect.objectContaining({ mintUrl: served, wallets: 1, unverified: 0, withGap: 0, oldestAt: at }),
  ]);
});

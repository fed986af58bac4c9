import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { mongo } from 'mongoose';
import { oddStore } from '../fixtures/legacyStore/odd.ts';
import {
  type Database,
  type LegacyDocuments,
  type LegacyStore,
  startLegacyStore,
} from '../support/legacyStore.ts';
import { member } from '../support/money.ts';
import { type Json, until } from '../support/world.ts';

const plainTokens = 120;

/** Whole processes, each of which loads everything anew, on machines that may be busy. */
jest.setTimeout(180_000);

let store: LegacyStore;
let documents: LegacyDocuments;
let uninterrupted: Json;
beforeAll(async () => {
  store = await startLegacyStore();
  const keysetId = String(member(await store.sim.ledger(), 'keysets', 0, 'id'));
  const odd = oddStore(store.mintUrl, keysetId).documents;
  const tokens = odd['cashu_tokens'] ?? [];
  const more = Array.from({ length: plainTokens }, (_, number) => plainToken(tokens[0] ?? {}, number));
  documents = { ...odd, cashu_tokens: [...more.slice(0, 60), ...tokens, ...more.slice(60)] };
  const database = await store.database(documents);
  await database.migrate();
  uninterrupted = await database.contents();
  expect(member(uninterrupted, 'tokens')).toHaveLength(plainTokens + 15);
});
afterAll(() => store.end());

/** One more token, its proofs like those of `template`. */
function plainToken(template: Json, number: number): Json {
  const invented = (what: string) => createHash('sha256').update(`${what} ${number}`).digest('hex');
  const id = member(template, 'proofs', 0, 'id');
  return {
    ...template,
    _id: new mongo.ObjectId(invented('id').slice(0, 24)),
    proofs: [{ id, amount: 8, secret: invented('secret'), C: `02${invented('C')}` }],
    total_amount: 8,
    transaction_id: `mint_${number}`,
  };
}

const archived = ({ db }: Database): Promise<number> => db.collection('legacy_tokens').countDocuments();

/** Documents of the earlier design that still stand in their place. */
async function left({ db }: Database): Promise<number> {
  const withSecrets = { $or: [{ version: { $exists: false } }, { 'proofs.secret': { $exists: true } }] };
  return (
    (await db.collection('cashu_tokens').countDocuments(withSecrets)) +
    (await db.collection('cashutokens').countDocuments())
  );
}

/**
 * Ends the transactions that a killed run has left open, as the database itself does after a minute. What a run calls
 * itself has the name of its database in it.
 */
async function endTransactionsOf({ db }: Database): Promise<void> {
  const admin = db.client.db('admin');
  const sessions = await admin
    .aggregate([
      { $currentOp: { allUsers: true, idleSessions: true } },
      { $match: { appName: new RegExp(db.databaseName), transaction: { $exists: true } } },
    ])
    .toArray();
  const ids = sessions.map(({ lsid }) => ({ id: member(lsid, 'id') }));
  if (ids.length > 0) await admin.command({ killSessions: ids });
}

it('killed again and again on its way, it ends as if it had never been', async () => {
  const database = await store.database(documents);
  const all = await left(database);
  let kills = 0;
  for (; kills < 3 && (await left(database)) > 0; kills += 1) {
    const before = await archived(database);
    const { child, ended } = database.start(['migrate']);
    await until(async () => (await archived(database)) > before, 'a token in the archive', 60_000);
    child.kill('SIGKILL');
    await ended;
    await endTransactionsOf(database);
    // Every original is in its place or in the archive, in none twice, at whatever moment it was killed.
    expect((await archived(database)) + (await left(database))).toBe(all);
  }
  // On a machine so busy that the last run was done before it was killed, fewer kills must do.
  expect(kills).toBeGreaterThan(1);
  if ((await left(database)) > 0) await expect(database.serve()).rejects.toThrow('crucible migrate');

  expect((await database.crucible('migrate')).stderr).toBe('');
  expect(await left(database)).toBe(0);
  expect(await database.contents()).toEqual(uninterrupted);
});

it('a document that somebody holds is waited for', async () => {
  const database = await store.database({});
  // The indexes stand when a run meets what an earlier, killed one has left.
  await database.migrate();
  const collection = database.db.collection('cashu_tokens');
  const template = documents['cashu_tokens']?.[0] ?? {};
  await collection.insertMany(Array.from({ length: 5 }, (_, number) => plainToken(template, number)));
  const session = database.db.client.startSession();
  session.startTransaction();
  // All are of one age, so the last one by id is taken last.
  const [last] = await collection.find({}, { session }).sort({ _id: -1 }).limit(1).toArray();
  await collection.updateOne(
    { transaction_id: last?.['transaction_id'] },
    { $set: { held: true } },
    { session },
  );
  const { ended } = database.start(['migrate']);
  await until(async () => (await archived(database)) === 4, 'all but one', 30_000);
  // Longer than a transaction's own repeats last.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await session.abortTransaction();
  await session.endSession();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  expect(await left(database)).toBe(0);
});

it('two at once do it once', async () => {
  const database = await store.database(documents);
  const both = await Promise.all([
    database.crucible('migrate', '--json'),
    database.crucible('migrate', '--json'),
  ]);
  const originals = both.map(({ stdout, stderr }) => {
    expect(stderr).toBe('');
    return Number(member(JSON.parse(stdout), 'written', 'originals'));
  });
  expect(originals.reduce((sum, count) => sum + count)).toBe(plainTokens + 40);
  expect(await database.contents()).toEqual(uninterrupted);
});

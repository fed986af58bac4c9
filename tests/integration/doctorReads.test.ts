import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { openBefore, waitsForPerson } from '../../src/repositories/examination.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';

const endedCount = 500;
const at = new Date('2026-11-21T12:00:00Z');

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.uri);
  const ended = Array.from({ length: endedCount }, (_, number) => ({
    _id: `tx_melt_${number}`,
    wallet_id: `wal_${number % 50}`,
    kind: 'melt',
    state: 'settled',
    created_at: at,
  }));
  const { connection, operations } = database;
  await connection.db
    ?.collection<{ _id: string; [field: string]: unknown }>(operations.collection.name)
    .insertMany([
      ...ended,
      { ...ended[0], _id: 'open', state: 'pending', open: true },
      { ...ended[1], _id: 'waiting', state: 'needs_attention' },
    ]);
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

it.each([
  ['is open for long', openBefore(new Date())],
  ['waits for a person', waitsForPerson],
])('the doctor finds what %s without reading what has ended', async (_, where) => {
  const explained: unknown = await database.operations.find(where).explain('executionStats');
  const { executionStats } = Object(explained);
  expect(executionStats).toMatchObject({ nReturned: 1, totalDocsExamined: 1 });
});

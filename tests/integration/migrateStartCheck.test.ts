import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { StoreNotMigrated } from '../../src/models/errors.ts';
import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { legacyShape } from '../../src/repositories/legacy/shape.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';
import type { Json } from '../support/world.ts';

let fresh: FreshDatabase;
let used: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  // A server has run on it before.
  used = await openDatabase(fresh.uri);
});
afterAll(async () => {
  await used.close();
  await fresh.drop();
});

const open = async (): Promise<void> => (await openDatabase(fresh.uri)).close();
const oursToken = (number: number, more: Json = {}): Json => ({
  _id: `tok_${number}`,
  version: 1,
  wallet_id: 'wal_1',
  transaction_id: `tx_${number}`,
  ...more,
});
const oursWallet: Json = { _id: 'wal_1', npub: 'npub1', mint_url: 'https://mint.test', mint_id: null };

it.each<[string, string, Json]>([
  ['a token whose id is text', 'cashu_tokens', { _id: 'an-id', proofs: [{ secret: 's' }] }],
  ['a token whose id is a number', 'cashu_tokens', { _id: 17 }],
  ['a token without proofs', 'cashu_tokens', { _id: new mongo.ObjectId(), status: 'pending' }],
  [
    'one proof with its secret in plain text, beside one of this version',
    'cashu_tokens',
    oursToken(0, { proofs: [{ Y: '02aa', sealed: '…' }, { secret: 's' }] }),
  ],
  ['a token under mongoose’s own name', 'cashutokens', { _id: 'an-id' }],
  ['a wallet whose id is text', 'wallets', { _id: 'an-id', npub: 'npub1' }],
  ['a wallet in a collection of the earlier design', 'cashu_wallets', { _id: 'an-id' }],
])('no server starts beside %s, whatever ran there before', async (_what, name, document) => {
  const collection = used.connection.collection<Json>(name);
  await collection.insertOne(document);
  await expect(open()).rejects.toThrow(StoreNotMigrated);
  await collection.deleteMany({});
  await open();
});

it('a store without any of that is not read as a whole to find out', async () => {
  const tokens = Array.from({ length: 300 }, (_, number) =>
    // Every third waits for its payment, and so has no proofs.
    oursToken(number, number % 3 === 0 ? {} : { proofs: [{ Y: `02${number}`, sealed: '…' }] }),
  );
  const collection = used.connection.collection<Json>('cashu_tokens');
  await collection.insertMany(tokens);
  await used.connection.collection<Json>('wallets').insertOne(oursWallet);
  await open();
  const { executionStats } = await collection.find(legacyShape.token).limit(1).explain('executionStats');
  expect(executionStats).toMatchObject({ nReturned: 0, totalDocsExamined: 0, totalKeysExamined: 0 });
});

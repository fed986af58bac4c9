import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { openKeys } from '../../dev/profile/keys.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import { StoreNotMigrated } from '../../src/models/errors.ts';
import { type Profile, ProfileRefusal } from '../../src/models/profile.ts';
import { owners } from '../fixtures/legacyStore/odd.ts';
import { type FreshDatabase, freshDatabase } from '../support/mongo.ts';

const nobodysMint = 'http://127.0.0.1:1';

let fresh: FreshDatabase;
let client: mongo.MongoClient;
beforeEach(async () => {
  fresh = await freshDatabase();
  client = await mongo.MongoClient.connect(fresh.uri);
});
afterEach(async () => {
  await client.close();
  await fresh.drop();
});

/** Opens the database as a server of this profile would; without one, as servers did before there were profiles. */
async function opened(
  profile?: Profile,
  mintUrl = nobodysMint,
  work: (context: Context) => Promise<unknown> = async () => {},
): Promise<void> {
  const loaded = loadConfig({
    MONGODB_URI: fresh.uri,
    MINT_URL: mintUrl,
    CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.1',
    CRUCIBLE_MNEMONIC:
      'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
    CRUCIBLE_MASTER_KEY: '5c'.repeat(32),
    CRUCIBLE_LOG_LEVEL: 'silent',
  });
  const context = await createContext({ ...loaded, ...(profile === undefined ? {} : { profile }) });
  await work(context).finally(context.dispose);
}

const secrets = { mnemonic: '', masterKey: '', adminKey: null, supportKey: null, customers: {} };

const profilesNoted = () =>
  client.db().collection<{ _id: string }>('deployment').countDocuments({ _id: 'profile' });

const names = async (): Promise<string[]> =>
  (await client.db().listCollections().toArray()).map(({ name }) => name).sort();

it('production refuses a database that holds the demo keys, though nothing marks it, and leaves it as it is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-profile-'));
  try {
    const path = join(directory, 'secrets.json');
    await opened(undefined, nobodysMint, async ({ services }) =>
      openKeys(services.apiKeys, { path, secrets, mintUrl: nobodysMint }),
    );
    await expect(opened('production')).rejects.toThrow(/labelled as the demo keys are.+name another/);
    expect(await profilesNoted()).toBe(0);
    await opened('development');
    await expect(opened('production')).rejects.toThrow(/^MONGODB_URI names a database of the development/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('so it does where the keys are gone and wallets at the mint simulator are left', async () => {
  const simulator = await startSimulator({});
  try {
    await opened(undefined, simulator.url, ({ services }) =>
      services.wallets.create(owners.carol, { mintUrl: undefined, unit: undefined }),
    );
  } finally {
    await simulator.close();
  }
  await expect(opened('production')).rejects.toThrow(/wallets at the mint simulator/);
  expect(await profilesNoted()).toBe(0);
});

it('production takes a database that servers used before there were marks, whatever else it holds', async () => {
  await opened(undefined, nobodysMint, ({ services }) =>
    services.apiKeys.issue({ label: 'back office, demo', scopes: ['admin'], npub: null, expiresAt: null }),
  );
  await opened('production');
  await expect(opened('development')).rejects.toThrow(ProfileRefusal);
});

it('what is refused at the start leaves nothing behind: no collection, no index, no mark', async () => {
  const simulator = await startSimulator({});
  try {
    await expect(opened('production', simulator.url)).rejects.toThrow(/mint simulator/);
    expect(await names()).toEqual([]);
  } finally {
    await simulator.close();
  }
  await client.db().collection('cashu_wallets').insertOne({ npub: owners.carol });
  await expect(opened('production')).rejects.toThrow(StoreNotMigrated);
  expect(await names()).toEqual(['cashu_wallets']);
});

it('traces are looked for before there is a mark, and never again', async () => {
  await opened('production');
  await client.db().collection<{ _id: string }>('api_keys').insertOne({ _id: 'late' });
  await client
    .db()
    .collection('api_keys')
    .updateOne({}, { $set: { label: 'demo admin' } });
  await opened('production');
});

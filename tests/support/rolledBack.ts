import { mongo } from 'mongoose';
import type { WalletDocument } from '../../src/models/schemas/account.ts';
import { type Instance, type TestWallet, until, type World } from './world.ts';

/** Every document of a database, as a backup holds it: with the types that it was stored in. */
export type Backup = Map<string, mongo.Document[]>;

const asStored = { promoteValues: false, promoteLongs: false } as const;

export async function backUp(world: World): Promise<Backup> {
  return withDatabase(world, async (db) => {
    const collections = await db.collections();
    const contents = await Promise.all(
      collections.map(
        async (collection): Promise<[string, mongo.Document[]]> => [
          collection.collectionName,
          await collection.find({}, asStored).toArray(),
        ],
      ),
    );
    return new Map(contents);
  });
}

/** A world whose server has been stopped, its database put back, and a server started on that: nobody told it. */
export async function putBack(world: World, running: Pick<Instance, 'stop'>, backup: Backup): Promise<World> {
  await running.stop();
  await withDatabase(world, async (db) => {
    for (const collection of await db.collections()) {
      await collection.deleteMany({});
      const documents = backup.get(collection.collectionName) ?? [];
      if (documents.length > 0) await collection.insertMany(documents);
    }
  });
  return on(world, await world.instance());
}

/** The same world, seen through another of its servers. */
export function on(world: World, instance: Instance): World {
  return {
    ...world,
    ...instance,
    call: (method, path, body, headers = {}, url = instance.url) =>
      world.call(method, path, body, headers, url),
  };
}

/** A wallet as it is asked for at one of several servers. */
export function walletOn({ call, sim, url }: World, { npub, at, melt }: TestWallet): TestWallet {
  return {
    npub,
    at,
    fund: async (amount) => {
      const asked = await call('POST', `${at}/mint`, { amount });
      await sim.pay(String(asked.body['invoice']));
      const quoteId = asked.body['quote'];
      await until(
        async () => (await call('POST', `${at}/mint/complete`, { quoteId })).status === 200,
        'funded',
      );
    },
    balance: async () => {
      const { body } = await call('GET', `${at}/balance`);
      const details: unknown = body['details'];
      if (typeof details !== 'object' || details === null) throw new Error('no balance in the answer');
      return Object.fromEntries(Object.entries(details).map(([name, amount]) => [name, Number(amount)]));
    },
    melt: (invoice, more = {}, headers = {}, asked = url) => melt(invoice, more, headers, asked),
    status: (transactionId) => call('GET', `${at}/melt/${String(transactionId)}`),
  };
}

export async function recoveryOf(world: World, npub: string): Promise<WalletDocument | null> {
  return world.context.database.wallets.findOne({ npub }).lean<WalletDocument>();
}

/** Waits until a wallet was found behind its mint, recovered, and free again. */
export async function recovered(world: World, npub: string): Promise<void> {
  await until(
    async () => {
      const wallet = await recoveryOf(world, npub);
      return wallet?.recovered_at !== undefined && wallet.recovery === undefined;
    },
    'the wallet recovered',
    40_000,
  ).catch(async (error: unknown) => {
    const { recovery } = (await recoveryOf(world, npub)) ?? {};
    const operations = await world.context.database.operations
      .find({ npub, open: true })
      .select({ state: 1, kind: 1, timeline: 1 })
      .lean();
    throw new Error(
      `${String(error)}: ${JSON.stringify({ recovery: { ...recovery, restored: 0, written_off: 0 }, operations }, null, 1)}`,
    );
  });
}

async function withDatabase<T>(world: World, work: (db: mongo.Db) => Promise<T>): Promise<T> {
  const client = await mongo.MongoClient.connect(world.env.MONGODB_URI);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

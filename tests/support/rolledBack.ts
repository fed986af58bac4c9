import { expect } from '@jest/globals';
import { mongo } from 'mongoose';
import type { WalletDocument } from '../../src/models/schemas/account.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from './carrier.ts';
import { comesTo } from './mischief.ts';
import { expectRealMoney, unhurried } from './money.ts';
import {
  type Instance,
  type Reply,
  startWorld,
  type TestWallet,
  until,
  type World,
  type WorldOptions,
} from './world.ts';

/** Every document of a database, as a backup holds it: with the types that it was stored in. */
export type Backup = Map<string, mongo.Document[]>;

/** A recovery is seconds of arithmetic, and the machine may be busy. */
const patienceMs = 90_000;

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

/** The state of a melt once it has ended so: recoveries are made one after the other. */
export async function endsAs(wallet: TestWallet, id: string, state: 'settled' | 'released'): Promise<Reply> {
  let status = await wallet.status(id);
  const hasEnded = async () => {
    status = await wallet.status(id);
    return status.body['state'] === state;
  };
  await until(hasEnded, `${id} ${state}`, patienceMs).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(status.body, null, 1)}`);
  });
  return status;
}

/** The wallet is whole again: its sum is that of before the restore, in good money, and it pays. */
export async function expectWhole(world: World, wallet: TestWallet, totalBalance: unknown): Promise<void> {
  expect(await wallet.balance()).toMatchObject({ totalBalance, reservedBalance: 0 });
  await expectRealMoney(world, wallet.npub);
  const { invoice } = await world.sim.invoice({ amount: 20 });
  await comesTo(wallet, (await wallet.melt(invoice)).body['transactionId'], 'settled');
}

/** Waits until a wallet was found behind its mint, recovered, and free again. */
export async function recovered(world: World, npub: string): Promise<void> {
  await until(
    async () => {
      const wallet = await recoveryOf(world, npub);
      return wallet?.recovered_at !== undefined && wallet.recovery === undefined;
    },
    'the wallet recovered',
    patienceMs,
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

export type Stopper = ReturnType<typeof stopper>;

/** Requests that are stopped on their way to the mint, so that one backup holds several operations, each at its own moment. */
export function stopper() {
  const stopped: { path: string; reached: () => void }[] = [];
  const held = new Set<string | undefined>();
  const going = Promise.withResolvers<void>();
  const transport: Transport = async (request) => {
    const { pathname } = new URL(request.url);
    const index = request.method === 'POST' ? stopped.findIndex(({ path }) => path === pathname) : -1;
    const [stop] = index === -1 ? [] : stopped.splice(index, 1);
    if (stop !== undefined) {
      held.add(request.body);
      stop.reached();
    }
    // Whoever else sends the same, a worker beside a request for one, is stopped with it.
    if (held.has(request.body)) await going.promise;
    return httpTransport(request);
  };
  return {
    transport,
    /** Begins something, and waits until its request to this path is about to leave. @returns how it ends, once `go` is said */
    async at<T>(path: string, act: () => Promise<T>): Promise<() => Promise<T>> {
      let isReached = false;
      stopped.push({ path, reached: () => (isReached = true) });
      const outcome = act();
      await until(async () => isReached, `a request to ${path}`, patienceMs);
      return () => outcome;
    },
    go: () => going.resolve(),
  };
}

/** A world whose requests to its mint can be stopped, by a `stopper` of its own, and answered as late as that takes. */
export async function startStoppable({
  simulator = {},
  env = {},
}: Pick<WorldOptions, 'simulator' | 'env'> = {}): Promise<{ world: World; requests: Stopper }> {
  const requests = stopper();
  const world = await startWorld({
    simulator,
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '60000', ...env },
    overrides: { transport: requests.transport },
  });
  return { world, requests };
}

/** An operation of a backup as it was some steps earlier, where no request of its own tells the moment. */
export function turnBack(backup: Backup, id: string, differences: mongo.Document, steps = 1): void {
  const operation = backup.get('operations')?.find((document) => document['_id'] === id);
  if (operation === undefined) throw new Error('the backup does not hold the operation');
  Object.assign(operation, differences, { timeline: operation['timeline'].slice(0, -steps) });
}

/** The attempts of an operation in a backup, those for one purpose as they were before they were sent, or not there at all. */
export function attemptsBefore(backup: Backup, id: string, purpose: string, change: 'unsent' | 'unplanned') {
  const operation = backup.get('operations')?.find((document) => document['_id'] === id);
  const attempts: mongo.Document[] = operation?.['attempts'] ?? [];
  const [its, others] = [
    attempts.filter((attempt) => attempt['purpose'] === purpose),
    attempts.filter((attempt) => attempt['purpose'] !== purpose),
  ];
  if (its.length === 0) throw new Error(`the operation has no ${purpose}`);
  if (change === 'unplanned') return others;
  return attempts.map((attempt) =>
    attempt['purpose'] === purpose ? { ...attempt, posts: 0, last_post_at: null } : attempt,
  );
}

async function withDatabase<T>(world: World, work: (db: mongo.Db) => Promise<T>): Promise<T> {
  const client = await mongo.MongoClient.connect(world.env.MONGODB_URI);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { freePort } from '../../dev/mongod/ports.ts';
import { watchOver } from '../../dev/mongod/processes.ts';
import { ensureMongod } from '../../dev/mongod.ts';
import { until } from './world.ts';

/** One mongod that a test may kill and start again on its data. */
type Node = { port: number; dbPath: string; process: ChildProcess | null };

/** What a command meets in place of being carried out (fail point `failCommand` of MongoDB). */
export type Failure = {
  failCommands: string[];
  /** Meets these commands of this client alone; its `Database.appName`. */
  appName?: string;
  errorCode?: number;
  errorLabels?: string[];
  writeConcernError?: { code: number; errmsg: string };
  closeConnection?: boolean;
  blockConnection?: boolean;
  blockTimeMS?: number;
};

export type Nodes = Awaited<ReturnType<typeof startNodes>>;

const setName = 'nodes';

/**
 * A replica set of its own, with elections of a second and test commands, whose members can be killed. Three take 2 s to
 * start and 140 MiB each.
 * @param config of the set, beside its members
 */
export async function startNodes(count: 1 | 3, config: mongo.Document = {}) {
  const binary = await ensureMongod();
  const root = await mkdtemp(join(tmpdir(), 'crucible-nodes-'));
  const nodes: Node[] = [];
  for (let number = 0; number < count; number += 1)
    nodes.push({ port: await freePort(), dbPath: root, process: null });
  await Promise.all(nodes.map((node) => start(node)));
  await initiate();

  async function start(node: Node): Promise<void> {
    if (node.process !== null) return;
    if (node.dbPath === root) node.dbPath = await mkdtemp(join(root, 'node-'));
    const child = spawn(binary, words(node), { detached: true, stdio: 'ignore' });
    node.process = child;
    if (child.pid === undefined) throw new Error('mongod did not start');
    const watchdog = watchOver(child.pid, undefined);
    child.on('exit', () => watchdog.dismiss());
    await until(() => answers(node), `mongod on port ${node.port}`, 30_000);
  }

  async function kill(node: Node): Promise<void> {
    const child = node.process;
    if (child === null) return;
    node.process = null;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  async function initiate(): Promise<void> {
    const [first] = nodes;
    if (first === undefined) throw new Error('a set without members');
    const members = nodes.map(({ port }, _id) => ({ _id, host: `127.0.0.1:${port}` }));
    const settings = { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 };
    await ask(first, { replSetInitiate: { _id: setName, members, settings, ...config } });
    await untilPrimary();
  }

  /** @returns the member that takes writes now, null where there is none */
  async function primary(): Promise<Node | null> {
    for (const node of nodes) {
      const said = node.process === null ? null : await ask(node, { hello: 1 }).catch(() => null);
      if (said?.['isWritablePrimary'] === true) return node;
    }
    return null;
  }

  async function untilPrimary(): Promise<Node> {
    const found: { primary: Node | null } = { primary: null };
    await until(
      async () => {
        found.primary = await primary();
        return found.primary !== null;
      },
      'a primary',
      30_000,
    );
    return found.primary ?? Promise.reject(new Error('there is no primary'));
  }

  /** The primary becomes a secondary, and another member is elected. */
  async function stepDown(): Promise<void> {
    const before = await untilPrimary();
    await ask(before, { replSetStepDown: 30, secondaryCatchUpPeriodSecs: 5 });
  }

  /** Kills the primary. @returns how to start it again */
  async function killPrimary(): Promise<() => Promise<void>> {
    const before = await untilPrimary();
    await kill(before);
    return () => start(before);
  }

  /** Kills as many as it takes to have no primary. @returns how to bring them back, resolved once there is a primary */
  async function killMajority(): Promise<() => Promise<void>> {
    const victims = [await untilPrimary()];
    const others = nodes.filter((node) => !victims.includes(node));
    victims.push(...others.slice(0, Math.floor(nodes.length / 2)));
    await Promise.all(victims.map(kill));
    return async () => {
      await Promise.all(victims.map(start));
      await untilPrimary();
    };
  }

  /** From now on, or so many times, these commands fail on the primary. */
  async function fail(data: Failure, times?: number): Promise<void> {
    const mode = times === undefined ? 'alwaysOn' : { times };
    await ask(await untilPrimary(), { configureFailPoint: 'failCommand', mode, data });
  }

  async function heal(): Promise<void> {
    await ask(await untilPrimary(), { configureFailPoint: 'failCommand', mode: 'off' });
  }

  async function close(): Promise<void> {
    await Promise.all(nodes.map(kill));
    await rm(root, { recursive: true, force: true });
  }

  return {
    /** The address of one of its databases. */
    uri: (database: string): string =>
      `mongodb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${database}?replicaSet=${setName}`,
    untilPrimary,
    stepDown,
    killPrimary,
    killMajority,
    fail,
    heal,
    close,
  };
}

function words({ port, dbPath }: Node): string[] {
  return [
    ...['--port', String(port), '--dbpath', dbPath, '--replSet', setName, '--bind_ip', '127.0.0.1'],
    ...['--logpath', join(dbPath, 'mongod.log'), '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'],
    ...['--setParameter', 'enableTestCommands=1', '--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ];
}

async function answers(node: Node): Promise<boolean> {
  const { process } = node;
  if (process?.exitCode !== null) throw new Error(`mongod ended with ${process?.exitCode}`);
  return ask(node, { ping: 1 }).then(
    () => true,
    () => false,
  );
}

/** One command to one member, whatever its part in the set. */
async function ask({ port }: Node, command: mongo.Document): Promise<mongo.Document> {
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 1_000,
    socketTimeoutMS: 10_000,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

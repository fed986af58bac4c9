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

/** A server of a cluster on loopback. */
type Server = { address: string; stop(): Promise<void> };

/** A replica set of one, which is a shard, or keeps the cluster's configuration. */
export type ClusterMember = Server & { name: string; uri(database: string): string };

export type ShardedCluster = {
  /** Through its mongos. */
  uri(database: string): string;
  shards: readonly ClusterMember[];
  end(): Promise<void>;
};

/** A cluster of two shards behind one mongos, which is given by its path and of the version of mongod. */
export async function startShardedCluster(mongos: string): Promise<ShardedCluster> {
  const started: Server[] = [];
  const begun = async <T extends Server>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    started.unshift(server);
    return server;
  };
  const end = async () => {
    for (const server of started) await server.stop();
  };
  try {
    const config = await begun(startMember('config', 'configsvr'));
    const shards = [
      await begun(startMember('shard1', 'shardsvr')),
      await begun(startMember('shard2', 'shardsvr')),
    ];
    const router = await begun(startServer(mongos, ['--configdb', `config/${config.address}`]));
    for (const { name, address } of shards) await ask(router, { addShard: `${name}/${address}`, name });
    return { uri: (database) => `mongodb://${router.address}/${database}`, shards, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A mongod as it runs in a cluster, whether there is a mongos or not. */
export async function startMember(name: string, role: 'configsvr' | 'shardsvr'): Promise<ClusterMember> {
  const dbPath = await mkdtemp(join(tmpdir(), `crucible-${name}-`));
  const place = ['--dbpath', dbPath, '--replSet', name, `--${role}`];
  const small = ['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
  const server = await startServer(await ensureMongod(), [...place, ...small]);
  const { address } = server;
  const members = [{ _id: 0, host: address }];
  const keeps = role === 'configsvr' ? { configsvr: true } : {};
  await ask(server, { replSetInitiate: { _id: name, ...keeps, members } });
  const isPrimary = async () => (await ask(server, { hello: 1 }))['isWritablePrimary'] === true;
  await until(() => isPrimary().catch(() => false), `${name} to have a primary`, 30_000);
  const stop = async () => {
    await server.stop();
    await rm(dbPath, { recursive: true, force: true });
  };
  return { name, address, uri: (database) => `mongodb://${address}/${database}?replicaSet=${name}`, stop };
}

async function startServer(binary: string, words: readonly string[]): Promise<Server> {
  const port = await freePort();
  const child = spawn(binary, ['--port', `${port}`, '--bind_ip', '127.0.0.1', ...words], {
    detached: true,
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  const watchdog = child.pid === undefined ? undefined : watchOver(child.pid, undefined);
  child.once('exit', () => watchdog?.dismiss());
  const server = { address: `127.0.0.1:${port}`, stop: () => kill(child) };
  const answers = () => {
    if (child.exitCode !== null) throw new Error(`${binary} ended with ${child.exitCode}`);
    return ask(server, { ping: 1 }).then(
      () => true,
      () => false,
    );
  };
  await until(answers, `${binary} on port ${port}`, 60_000);
  return server;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function ask({ address }: Pick<Server, 'address'>, command: mongo.Document): Promise<mongo.Document> {
  const patience = { serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 2_000 };
  const client = new mongo.MongoClient(`mongodb://${address}/?directConnection=true`, patience);
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

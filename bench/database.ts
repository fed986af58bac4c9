import { readFile } from 'node:fs/promises';
import { mongo } from 'mongoose';
import { ensureMongod, startReplicaSet } from '../dev/mongod.ts';

export type DatabaseUsage = {
  /** null = it cannot be told. */
  cpuMs: number | null;
  /** Commands since it began, by name, but for those by which drivers look after their connections, and ours. */
  commands: Record<string, number>;
};

export type BenchDatabase = { uri: string; usage(): Promise<DatabaseUsage>; stop(): Promise<void> };

type Status = {
  pid?: unknown;
  extra_info?: Record<string, unknown>;
  metrics?: { commands?: Record<string, { total?: unknown } | number> };
};

const housekeeping = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'ping',
  'serverStatus',
  'buildInfo',
  'endSessions',
]);
/** Of Linux on all its machines: what /proc counts CPU time in. */
const tickMs = 10;

/** A replica set of one mongod, on a disk directory that goes with it. */
export async function startDatabase(): Promise<BenchDatabase> {
  const binary = await ensureMongod({ onProgress: (text) => console.error(text) });
  const replicaSet = await startReplicaSet({ binary });
  const client = new mongo.MongoClient(replicaSet.uri);

  async function usage(): Promise<DatabaseUsage> {
    const status: Status = await client.db('admin').command({ serverStatus: 1 });
    return { cpuMs: await cpuMsOf(status), commands: commandsOf(status) };
  }

  async function stop(): Promise<void> {
    await client.close();
    await replicaSet.stop();
  }

  return { uri: replicaSet.uri, usage, stop };
}

async function cpuMsOf({ pid, extra_info: info = {} }: Status): Promise<number | null> {
  const [user, system] = [Number(info['user_time_us']), Number(info['system_time_us'])];
  if (user + system > 0) return (user + system) / 1_000;
  const stat = await readFile(`/proc/${Number(pid)}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // "pid (name) state …": the 14th and 15th fields are user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

function commandsOf({ metrics }: Status): Record<string, number> {
  const counts = Object.entries(metrics?.commands ?? {}).flatMap(([name, counted]) => {
    const total = typeof counted === 'number' ? 0 : Number(counted.total ?? 0);
    return housekeeping.has(name) || total === 0 ? [] : [[name, total] as const];
  });
  return Object.fromEntries(counts);
}

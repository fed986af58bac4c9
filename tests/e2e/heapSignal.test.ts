import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPremises, type Premises } from '../support/realServers.ts';
import { until } from '../support/world.ts';

let premises: Premises;
let parent: string;
beforeAll(async () => {
  premises = await openPremises();
  parent = await mkdtemp(join(tmpdir(), 'crucible-heap-'));
}, 60_000);
afterAll(async () => {
  await premises.close();
  await rm(parent, { recursive: true, force: true });
});

const files = (directory: string) => readdir(directory).catch((): string[] => []);

it('SIGUSR2 has a server write its memory where an operator wants it, for its user alone, and it goes on', async () => {
  const directory = join(parent, 'heap');
  const server = await premises.start({ CRUCIBLE_HEAP_SNAPSHOT_DIR: directory });
  server.process.kill('SIGUSR2');
  await until(async () => server.said().includes('a heap snapshot was written'), 'the snapshot', 60_000);
  const [name = ''] = await files(directory);
  expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  expect((await premises.ask(server.url, 'GET', '/livez')).status).toBe(200);
  for (const path of [`/${name}`, `/heap/${name}`, '/heap'])
    expect((await premises.ask(server.url, 'GET', path)).status).toBe(404);
});

it('without a directory the signal ends nothing and writes nothing', async () => {
  const server = await premises.start();
  server.process.kill('SIGUSR2');
  await until(async () => server.said().includes('CRUCIBLE_HEAP_SNAPSHOT_DIR is not set'), 'the refusal');
  expect((await premises.ask(server.url, 'GET', '/livez')).status).toBe(200);
});

it('a server that is still starting is not ended by it, and says that it is too early', async () => {
  let asked = false;
  const silentDatabase = createServer((socket) => {
    asked = true;
    socket.on('error', () => socket.destroy());
  });
  await once(silentDatabase.listen(0, '127.0.0.1'), 'listening');
  const address = silentDatabase.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const uri = `mongodb://127.0.0.1:${address.port}/crucible?replicaSet=rs0`;
  const script = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const starting = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: parent,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...premises.env, MONGODB_URI: uri },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(starting, 'close');
  let said = '';
  starting.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    await until(async () => asked || starting.exitCode !== null, 'the database asked', 40_000);
    starting.kill('SIGUSR2');
    const hasAnswered = async () => said.includes('still starting') || starting.signalCode !== null;
    await until(hasAnswered, 'the answer', 20_000);
    expect({ said, code: starting.exitCode, signal: starting.signalCode }).toEqual({
      said: expect.stringContaining('No heap snapshot was written: the server is still starting.'),
      code: null,
      signal: null,
    });
  } finally {
    starting.kill('SIGKILL');
    await ended;
    silentDatabase.close();
  }
}, 90_000);

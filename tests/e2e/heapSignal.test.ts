import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

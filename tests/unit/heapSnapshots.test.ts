import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** In a process of its own: jest's is large, and workers share the mask of its files. */
const program = `
  const { createHeapSnapshots } = await import(process.argv[1]);
  let nowMs = 1_000_000;
  const say = (level) => (message) => console.log(level, message);
  const logger = { warn: say('warn'), error: say('error') };
  const take = createHeapSnapshots({ directory: process.argv[2] || null, logger, now: () => new Date(nowMs) });
  for (const stepMs of process.argv.slice(3).map(Number)) { nowMs += stepMs; await take(); }
  console.log('mask', process.umask().toString(8));
`;
const source = pathToFileURL('src/services/heapSnapshots.ts').href;

async function taken(directory: string | null, ...stepsMs: number[]): Promise<string[]> {
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, [...words, source, directory ?? '', ...stepsMs.map(String)]);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await once(child, 'close');
  return said.trim().split('\n');
}

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'crucible-heap-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

test('without a directory there is none, and the log says why', async () => {
  const [said] = await taken(null, 0);
  expect(said).toBe('warn no heap snapshot was written: CRUCIBLE_HEAP_SNAPSHOT_DIR is not set');
});

test('one is a whole snapshot that the owner alone may read, in a directory that he alone may enter', async () => {
  const directory = join(parent, 'made', 'here');
  const [said, mask] = await taken(directory, 0);
  expect(said).toBe('warn a heap snapshot was written: it holds every secret of this server');
  const [name = ''] = await readdir(directory);
  const path = join(directory, name);
  expect([(await stat(directory)).mode & 0o777, (await stat(path)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toContain('snapshot');
  expect(mask).not.toBe('mask 177');
});

test('none is written within a minute of another, nor beside three', async () => {
  const directory = join(parent, 'many');
  const said = await taken(directory, 0, 59_999, 60_000, 60_000, 60_000);
  expect(said.slice(0, -1).map((line) => line.split(': ')[1])).toEqual([
    'it holds every secret of this server',
    'the last one is less than a minute old',
    'it holds every secret of this server',
    'it holds every secret of this server',
    'there are 3 already; remove one',
  ]);
  expect(await readdir(directory)).toHaveLength(3);
});

test('nor where others may enter, or nothing can be made; the server goes on', async () => {
  const open = await mkdtemp(join(parent, 'open-'));
  await chmod(open, 0o750);
  expect((await taken(open, 0))[0]).toMatch(/^warn no heap snapshot was written: others than/);
  expect(await readdir(open)).toEqual([]);
  const file = join(parent, 'a file');
  await writeFile(file, '');
  expect((await taken(file, 0))[0]).toMatch(/^error a heap snapshot could not be written/);
});

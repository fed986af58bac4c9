import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ensurePythonPackages } from '../support/pythonPackages.ts';
import { until } from '../support/world.ts';

/** Installing it, once, takes a minute or so. */
const setUpLimitMs = 420_000;
const runLimitMs = 300_000;
const version = '4.32.5';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let packages: string;
let directory: string;
let dataDirectory: string;
let server: ChildProcess;
beforeAll(async () => {
  packages = await ensurePythonPackages(`schemathesis-${version}`, [`schemathesis==${version}`]);
  directory = await mkdtemp(join(tmpdir(), 'crucible-schemathesis-'));
  dataDirectory = join(directory, 'data');
  await cp(pathOf('../support/schemathesis'), directory, { recursive: true });
  server = spawn(process.execPath, [pathOf('../../dev/start.ts')], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CRUCIBLE_DATA_DIR: dataDirectory,
      CRUCIBLE_RATE_LIMIT: 'off',
      // Two wallets will be told to pay one invoice: the second learns sooner that it cannot.
      CRUCIBLE_FENCE_DELAY_MS: '1000',
      PORT: '0',
      MINT_PORT: '0',
    },
  });
  await until(async () => (await dev().catch(() => null)) !== null, 'npm start ready', 120_000);
}, setUpLimitMs);
afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  await ended;
  await rm(directory, { recursive: true, force: true });
}, 60_000);

async function dev(): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(dataDirectory, 'dev.json'), 'utf8'));
}

it(
  'Schemathesis, with every check that it has, finds nothing that is other than the document says',
  async () => {
    const { apiUrl, adminKey } = await dev();
    const args = ['--checks', 'all', '--max-examples', '10', '--seed', '1', '--no-color'];
    const tester = spawn(
      'python3',
      [
        ...['-c', 'from schemathesis.cli import schemathesis; schemathesis()', 'run'],
        ...[`${apiUrl}/openapi.json`, '-H', `Authorization: Bearer ${adminKey}`, ...args],
      ],
      {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: runLimitMs,
        env: {
          PATH: process.env['PATH'],
          HOME: directory,
          PYTHONPATH: [packages, directory].join(':'),
          PYTHONIOENCODING: 'utf-8',
          SCHEMATHESIS_HOOKS: 'hooks',
          CRUCIBLE_DEV: join(dataDirectory, 'dev.json'),
        },
      },
    );
    const [said, complaints, [code]] = await Promise.all([
      text(tester.stdout),
      text(tester.stderr),
      once(tester, 'exit'),
    ]);
    if (code !== 0) throw new Error(`schemathesis ended with ${code}:\n${said}\n${complaints}`);
    const [, generated = '0', passed] = /(\d+) generated, (\d+) passed/.exec(said) ?? [];
    expect(passed).toBe(generated);
    expect(Number(generated)).toBeGreaterThan(400);
    const [, selected, all] = /Selected: (\d+)\/(\d+)/.exec(said) ?? [];
    expect(selected).toBe(all);
  },
  runLimitMs + 10_000,
);

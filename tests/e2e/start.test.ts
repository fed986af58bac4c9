import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Joi from 'joi';
import { describeProcess } from '../../dev/mongod/processes.ts';

const script = fileURLToPath(new URL('../../dev/start.ts', import.meta.url));
const demoAmount = 210;

type DevJson = {
  apiUrl: string;
  mintUrl: string;
  invoiceUrl: string | null;
  npub: string;
  apiKey: string;
  supportKey: string;
  adminKey: string;
  mongoUri: string;
};
const text = Joi.string().required();
const devJson = Joi.object<DevJson>({
  apiUrl: text,
  mintUrl: text,
  invoiceUrl: text.allow(null),
  npub: text,
  apiKey: text,
  supportKey: text,
  adminKey: text,
  mongoUri: text,
}).required();

let home: string;
let dataDirectory: string;
let endings: (() => Promise<unknown>)[];

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'crucible start ')));
  dataDirectory = join(home, 'data');
  endings = [];
});

afterEach(async () => {
  for (const end of endings.toReversed()) await end();
  await rm(home, { recursive: true, force: true });
}, 30_000);

describe('npm start', () => {
  test('pays, is killed, finds everything again, and ends in good order', async () => {
    const first = start();
    const before = await untilReady(first);
    expect(first.stdout()).toMatch(/"paymentResult": "PAID"/);
    expect(first.stdout()).toMatch(/^ *\+\d+ ms {2}melting +melt request goes to the mint$/m);
    expect(first.stdout()).toMatch(/^ *\+\d+ ms {2}settled /m);
    expect(first.stderr()).toBe('');
    expect(await balanceOf(before)).toBe(2_500 - demoAmount);
    expect((await stat(join(dataDirectory, 'dev.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDirectory, 'secrets.json'))).mode & 0o777).toBe(0o600);

    first.process.kill('SIGKILL');
    await first.ended;
    const second = start();
    const after = await untilReady(second);
    expect(after).toEqual({ ...before, apiUrl: after.apiUrl });
    expect(second.stdout()).toContain('found your wallet, balance 2,290 sat');
    expect(await balanceOf(after)).toBe(2_500 - 2 * demoAmount);

    const pids = await childrenOf(second.process.pid);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    second.process.kill('SIGINT');
    expect(await second.ended).toBe(0);
    expect(await living(pids)).toEqual([]);
    expect(existsSync(join(dataDirectory, 'dev.json'))).toBe(false);
  }, 90_000);

  test('prints lines that work when pasted', async () => {
    const started = start();
    const dev = await untilReady(started);
    const lines = started
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('  curl '));
    expect(lines).toHaveLength(5);
    const replies = [];
    for (const line of lines) replies.push(await pasted(line));
    expect(replies).toEqual([
      expect.objectContaining({ success: true, balance: 2_500 - demoAmount }),
      expect.objectContaining({ success: true, amount: 1_000 }),
      expect.objectContaining({ success: true, paymentResult: 'PAID', paidAmount: demoAmount }),
      expect.objectContaining({ success: true, status: 'PAID' }),
      expect.objectContaining({ ready: true }),
    ]);
    expect(await statusOf(`${dev.apiUrl}/api/wallet/${dev.npub}/balance`, dev.supportKey)).toBe(403);
    expect(await statusOf(`${dev.apiUrl}/api/wallet/${dev.npub}/balance`, dev.adminKey)).toBe(200);
  }, 60_000);

  test('ends everything when told to in the middle of the start', async () => {
    const started = start();
    await until(async () => (await childrenOf(started.process.pid)).length > 0);
    const pids = await childrenOf(started.process.pid);
    started.process.kill('SIGTERM');
    expect(await started.ended).toBe(0);
    await until(async () => (await living(pids)).length === 0);
    expect(started.stderr()).toBe('');
  }, 60_000);

  test('with the address of a mint waits for money, and is ready for scripts at once', async () => {
    const mint = start();
    const { mintUrl } = await untilReady(mint);
    const other = start({ MINT_URL: `${mintUrl}/`, CRUCIBLE_DATA_DIR: join(home, 'other') });
    const dev = await untilReady(other, join(home, 'other'));
    expect(dev).toMatchObject({ mintUrl, invoiceUrl: null });
    await until(() => other.stdout().includes('The wallet is empty'));
    await pasted(
      other
        .stdout()
        .split('\n')
        .find((line) => line.includes('/mint -d')) ?? '',
    );
    await until(() => other.stdout().includes('Funded: the balance is 1,000 sat.'));
    other.process.kill('SIGINT');
    expect(await other.ended).toBe(0);
  }, 90_000);
});

describe('what cannot work is said in one sentence', () => {
  test('a port in use', async () => {
    const port = await occupiedPort();
    await expectRefusal({ PORT: String(port) }, `Port ${port} is in use by another program`);
  }, 30_000);

  test('a port in use that the mint wants: mongod is ended again', async () => {
    const port = await occupiedPort();
    await expectRefusal({ MINT_PORT: String(port) }, 'choose another with MINT_PORT');
    const lock = await readFile(join(dataDirectory, 'mongo', 'mongod.lock'), 'utf8').catch(() => '');
    expect(lock.trim()).toBe('');
  }, 30_000);

  test('a data directory that cannot be written to', async () => {
    await writeFile(join(home, 'file'), '');
    await expectRefusal({ CRUCIBLE_DATA_DIR: join(home, 'file', 'data') }, 'cannot be written to');
  }, 30_000);

  test('a second start on the same data directory, which does the first one no harm', async () => {
    const first = start();
    const dev = await untilReady(first);
    await expectRefusal({}, 'Another start runs on the data directory');
    expect(await readDevJson(dataDirectory)).toEqual(dev);
    expect(await balanceOf(dev)).toBe(2_500 - demoAmount);
  }, 60_000);

  test.each([
    [{ PORT: 'http' }, 'PORT must be a whole number'],
    [{ MINT_PORT: '70000' }, 'MINT_PORT must be a whole number'],
    [{ MONGOMS_SYSTEM_BINARY: '/no/such/mongod' }, 'MONGOMS_SYSTEM_BINARY names /no/such/mongod'],
    [{ MONGODB_URI: 'mongodb://127.0.0.1:1/crucible' }, 'The database at MONGODB_URI does not answer'],
    [{ MINT_URL: 'http://127.0.0.1:1' }, 'No mint answers at http://127.0.0.1:1'],
  ])(
    '%j',
    async (settings, sentence) => {
      await expectRefusal(settings, sentence);
    },
    30_000,
  );

  test('secrets that were damaged', async () => {
    await expectRefusal({ PORT: 'x' }, 'PORT');
    await writeFile(join(dataDirectory, 'secrets.json'), '{"mnemonic": ');
    await expectRefusal({}, 'secrets.json is damaged');
  }, 30_000);
});

type Started = {
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code; null after a signal. */
  ended: Promise<number | null>;
};

function start(settings: Record<string, string> = {}): Started {
  const env = { ...process.env, PORT: '0', MINT_PORT: '0', CRUCIBLE_DATA_DIR: dataDirectory, ...settings };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  endings.push(async () => {
    const pids = await childrenOf(child.pid);
    child.kill('SIGKILL');
    await ended;
    await until(async () => (await living(pids)).length === 0);
  });
  return { process: child, stdout: () => said.stdout, stderr: () => said.stderr, ended };
}

async function untilReady(started: Started, directory = dataDirectory): Promise<DevJson> {
  let exitCode: number | null | undefined;
  void started.ended.then((code) => {
    exitCode = code;
  });
  await until(() => existsSync(join(directory, 'dev.json')) || exitCode !== undefined);
  if (exitCode !== undefined) throw new Error(`it ended with ${exitCode}: ${started.stderr()}`);
  await until(() => started.stdout().includes('Ctrl-C ends everything.'));
  return readDevJson(directory);
}

async function readDevJson(directory: string): Promise<DevJson> {
  return Joi.attempt(JSON.parse(await readFile(join(directory, 'dev.json'), 'utf8')), devJson);
}

async function expectRefusal(settings: Record<string, string>, sentence: string): Promise<void> {
  const refused = start(settings);
  expect(await refused.ended).toBe(1);
  expect(refused.stderr()).toContain(sentence);
  expect(refused.stderr().trimEnd().split('\n')).toHaveLength(1);
}

async function balanceOf({ apiUrl, npub, apiKey }: DevJson): Promise<unknown> {
  const headers = { Authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${apiUrl}/api/wallet/${npub}/balance`, { headers });
  return Joi.attempt(await response.json(), Joi.object({ balance: Joi.number() }).unknown(true)).balance;
}

async function statusOf(url: string, key: string): Promise<number> {
  return (await fetch(url, { headers: { Authorization: `Bearer ${key}` } })).status;
}

/** What a shell makes of a printed line. */
async function pasted(line: string): Promise<unknown> {
  const shell = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(shell, 'close');
  return JSON.parse(output);
}

/** mongod, the simulator, and the shell that watches over mongod. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const lister = spawn('ps', ['-A', '-o', 'pid=,ppid='], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  lister.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(lister, 'close');
  const rows = output
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

async function living(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map((pid) => describeProcess(pid)));
  return pids.filter((_pid, index) => found[index] !== undefined);
}

async function occupiedPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 40_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
    await pause(30);
  }
}

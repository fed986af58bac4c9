import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ensurePythonPackages } from './pythonPackages.ts';

const requirements = ['cashu==0.20.2', 'marshmallow<4', 'limits<4'];
const folderName = 'nutshell-0.20.2';
const startLimitMs = 60_000;

/** Where Nutshell is installed, for PYTHONPATH: mint and wallet in one. Takes a minute or so, once. */
export const nutshellPackages = (): Promise<string> => ensurePythonPackages(folderName, requirements);

/** A real mint: another implementation, in another language, with a database of its own. */
export type Nutshell = {
  url: string;
  /** What the mint owes: issued and not redeemed, read from its own database (view `balance`). */
  outstanding(): number;
  /** An invoice that another Nutshell can pay. */
  invoice(amount: number): Promise<string>;
  /** Ends and starts again on the same database, with other settings. */
  restart(settings: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
};

/** Starts Nutshell with its fake Lightning backend, which pays anything at once unless told otherwise. */
export async function startNutshell(key: string, settings: Record<string, string> = {}): Promise<Nutshell> {
  const packages = await nutshellPackages();
  const directory = await mkdtemp(join(tmpdir(), 'crucible-nutshell-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await launch(packages, directory, port, key, settings);

  return {
    url,
    outstanding: () => outstandingIn(join(directory, 'db', 'mint.sqlite3')),
    async invoice(amount) {
      const response = await fetch(`${url}/v1/mint/quote/bolt11`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ amount, unit: 'sat' }),
      });
      const quote: unknown = await response.json();
      if (typeof quote === 'object' && quote !== null && 'request' in quote) return String(quote.request);
      throw new Error(`no invoice: ${JSON.stringify(quote)}`);
    },
    async restart(changed) {
      await end(child);
      child = await launch(packages, directory, port, key, { ...settings, ...changed });
    },
    async stop() {
      await end(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(
  packages: string,
  directory: string,
  port: number,
  key: string,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', 'from cashu.mint.main import main; main()'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      PYTHONPATH: packages,
      MINT_PRIVATE_KEY: key,
      MINT_LISTEN_HOST: '127.0.0.1',
      MINT_LISTEN_PORT: String(port),
      MINT_DATABASE: join(directory, 'db'),
      MINT_BACKEND_BOLT11_SAT: 'FakeWallet',
      FAKEWALLET_BRR: 'TRUE',
      FAKEWALLET_DELAY_INCOMING_PAYMENT: '0',
      FAKEWALLET_DELAY_OUTGOING_PAYMENT: '0',
      MINT_RATE_LIMIT: 'FALSE',
      ...settings,
    },
  });
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) =>
    said.splice(0, said.length, ...[...said, chunk.toString()].slice(-50)),
  );
  for (const giveUpAt = Date.now() + startLimitMs; Date.now() < giveUpAt && child.exitCode === null; ) {
    const up = await fetch(`http://127.0.0.1:${port}/v1/info`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await end(child);
  throw new Error(`Nutshell did not start:\n${said.join('')}`);
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

function outstandingIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const row = database.prepare('SELECT COALESCE(SUM(balance), 0) AS outstanding FROM balance').get();
    return Number(row?.['outstanding']);
  } finally {
    database.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

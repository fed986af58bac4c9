import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { nutshellPackages } from './nutshell.ts';

const run = promisify(execFile);
const commandLimitMs = 60_000;

/** The command `cashu` with a wallet of its own: it shares nothing with us but the mint. */
export type NutshellWallet = {
  /** Mints ecash. The mint's fake backend takes the invoice for paid. */
  fund(amount: number): Promise<void>;
  /** @param options as `--legacy`, `--dleq`, `--lock P2PK:…` @returns the token */
  send(amount: number, ...options: string[]): Promise<string>;
  /** Rejects where the mint refuses. */
  receive(token: string): Promise<void>;
  /** What it has and has not handed out, as its own database says. */
  balance(): number;
  /** The key that tokens for this wallet are locked to. */
  pubkey(): Promise<string>;
  remove(): Promise<void>;
};

/** @param settings what else stands in its environment */
export async function newNutshellWallet(
  mintUrl: string,
  settings: Record<string, string> = {},
): Promise<NutshellWallet> {
  const packages = await nutshellPackages();
  const directory = await mkdtemp(join(tmpdir(), 'crucible-nutshell-wallet-'));

  /** @returns all that it said on its standard output */
  async function cashu(...words: string[]): Promise<string> {
    const program = ['-c', 'from cashu.wallet.cli.cli import cli; cli()', '--host', mintUrl, '--yes'];
    const { stdout } = await run('python3', [...program, ...words], {
      cwd: directory,
      timeout: commandLimitMs,
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        PYTHONPATH: packages,
        CASHU_DIR: join(directory, 'cashu'),
        ...settings,
      },
    });
    return stdout;
  }

  /** What stands behind the last `pattern` of an answer. */
  async function told(pattern: RegExp, ...words: string[]): Promise<string> {
    const said = await cashu(...words);
    const found = [...said.matchAll(pattern)].at(-1)?.[1];
    if (found === undefined) throw new Error(`cashu ${words[0]} did not say what was asked for:\n${said}`);
    return found;
  }

  return {
    async fund(amount) {
      const quote = await told(/--id (\S+)/g, 'invoice', String(amount), '--no-check');
      await cashu('invoice', String(amount), '--id', quote);
    },
    send: (amount, ...options) => told(/^(cashu[AB]\S+)$/gm, 'send', String(amount), ...options),
    async receive(token) {
      await told(/^(Received .*)$/gm, 'receive', token);
    },
    balance: () => balanceIn(join(directory, 'cashu', 'wallet', 'wallet.sqlite3')),
    pubkey: () => told(/^Lock: P2PK:(\w+)$/gm, 'locks'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function balanceIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const held = 'SELECT COALESCE(SUM(amount), 0) AS held FROM proofs WHERE COALESCE(reserved, 0) = 0';
    return Number(database.prepare(held).get()?.['held']);
  } finally {
    database.close();
  }
}

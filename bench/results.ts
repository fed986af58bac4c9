import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from '../src/cli/version.ts';
import type { ContestantName } from './contestants/contestant.ts';
import type { Lag } from './ipc.ts';

/** One contestant at one level. Times are in ms, amounts in sat; null = not told. */
export type Level = {
  contestant: ContestantName;
  wallets: number;
  /** Of the one wallet of many proofs; null = of an ordinary level. */
  proofs: number | null;
  /** How many servers of Crucible shared the wallets; null = of a library. */
  instances: number | null;
  /** How much later the mint answered each request while wallets paid. */
  mintDelayMs: number;
  paid: number;
  /** Payments that failed, by their reason. */
  failed: Record<string, number>;
  elapsedMs: number;
  meltsPerSecond: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** By process; the one that holds the wallets first. */
  cpuMsPerMelt: Record<string, number | null>;
  lag: Lag | null;
  databaseCommandsPerMelt: Record<string, number> | null;
  mintRequestsPerMelt: number | null;
  /** 99 of 100 of its transactions B, which book a payment, lasted no longer. */
  bookP99Ms: number | null;
  money: Money;
};

/** One server, an ordinary wallet, a mint that answers at once: what contestants are compared at. */
export const isOrdinary = ({ proofs, instances, mintDelayMs }: Level): boolean =>
  proofs === null && (instances ?? 1) === 1 && mintDelayMs === 0;

export type Money = {
  fundedSat: number;
  paidSat: number;
  feesSat: number;
  heldSat: number;
  /** Ecash that the mint owes and no wallet holds, and fees that it has not taken; null = the mint does not tell. */
  missingSat: number | null;
};

/** What goes on while nobody pays, for each second. */
export type Idle = { cpuMs: Record<string, number | null>; databaseCommands: Record<string, number> };

export type Machine = { cpu: string; cores: number; memoryGiB: number; system: string; node: string };

/** null = not installed. */
export type Versions = { crucible: string; cashuTs: string | null; coco: string | null };

export type Results = {
  at: string;
  commit: string;
  versions: Versions;
  /** `simulator`, or `foreign`. */
  mint: string;
  seed: string;
  machine: Machine;
  idle: Idle | null;
  levels: Level[];
  /** Contestants that did not get through, and why. */
  broken: { contestant: ContestantName; why: string }[];
};

const root = fileURLToPath(new URL('..', import.meta.url));

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
    node: process.versions.node,
  };
}

/** The commit that runs; with a + where the tree has changed since. */
export function commitOf(): string {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '-uno') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

export function versionsHere(): Versions {
  return {
    crucible: versions().crucible,
    cashuTs: versionIn('node_modules/@cashu/cashu-ts'),
    coco: versionIn('bench/coco/node_modules/@cashu/coco-core'),
  };
}

function versionIn(folder: string): string | null {
  try {
    const { version }: { version?: string } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    return version ?? null;
  } catch {
    return null;
  }
}

/** @returns where it was written */
export function write(results: Results, out: string | null): string {
  const name = `${results.at.slice(0, 10)}-${results.commit}.json`;
  const path = out ?? join(root, 'bench', 'results', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

/** What `write` wrote; earlier results know one server alone, a mint that answers at once, and no transaction B. */
export function read(path: string): Results {
  const results: Results = JSON.parse(readFileSync(path, 'utf8'));
  const levels = results.levels.map((level) => ({
    ...level,
    instances: level.instances ?? (level.contestant === 'crucible' ? 1 : null),
    mintDelayMs: level.mintDelayMs ?? 0,
    bookP99Ms: level.bookP99Ms ?? null,
  }));
  return { ...results, levels };
}

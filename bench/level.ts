import { audit } from './audit.ts';
import type { Contestant } from './contestants/contestant.ts';
import type { BenchDatabase, DatabaseUsage } from './database.ts';
import { drawAmountsSat } from './draws.ts';
import type { Usage } from './ipc.ts';
import type { Invoice, Load } from './load.ts';
import type { BenchMint } from './mint.ts';
import type { Level } from './results.ts';
import { growth, percentile, percentileBound, sumOf } from './statistics.ts';

export type Place = { mint: BenchMint; database: BenchDatabase; seed: string };
export type Task = {
  wallets: number;
  melts: number;
  limitMs: number;
  /** null = an ordinary wallet. */
  proofs: number | null;
  /** How many servers Crucible has. */
  instances: number;
  /** How much later the mint answers each request while wallets pay. */
  mintDelayMs: number;
};

/** What a wallet is given beyond what it will pay, and 5 % of that for fee reserves. */
const cushionSat = 20_000;
/** Ten bits, hence ten proofs, in each part by which the wallet of many proofs is paid into. */
const part = { amountSat: 1_023, proofs: 10 };

/** Funds new wallets, lets them pay, and reads every clock before and after. */
export async function measure(contestant: Contestant, place: Place, task: Task): Promise<Level> {
  const { mint, seed } = place;
  const booksBefore = await mint.books();
  const amountsSat = drawFor(seed, task);
  const parts = amountsSat.map((each) => partsFor(each, task.proofs));
  await contestant.fund(parts);
  const invoices = await writeInvoices(mint, amountsSat);
  const before = await readAll(contestant, place);
  const load = await mint.whileLate(task.mintDelayMs, () => contestant.pay(invoices, task.limitMs));
  const after = await readAll(contestant, place);
  const paid = load.payments.filter(({ error }) => error === null);
  const melts = paid.length;
  const took = paid.map(({ tookMs }) => tookMs);
  const perMelt = (value: number): number => value / Math.max(1, melts);
  const requests =
    before.requests === null || after.requests === null ? null : after.requests - before.requests;
  const [holder = ''] = Object.keys(after.usage);
  return {
    contestant: contestant.name,
    wallets: task.wallets,
    proofs: task.proofs,
    instances: contestant.name === 'crucible' ? task.instances : null,
    mintDelayMs: task.mintDelayMs,
    paid: melts,
    failed: reasonsOf(load),
    elapsedMs: load.elapsedMs,
    meltsPerSecond: melts / (load.elapsedMs / 1_000),
    p50Ms: percentile(took, 50),
    p95Ms: percentile(took, 95),
    p99Ms: percentile(took, 99),
    cpuMsPerMelt: mapValues(cpuGrowth(before, after), (ms) => (ms === null ? null : perMelt(ms))),
    lag: after.usage[holder]?.lag ?? null,
    databaseCommandsPerMelt:
      after.bookSeconds === null
        ? null
        : mapValues(growth(before.database.commands, after.database.commands), perMelt),
    mintRequestsPerMelt: requests === null ? null : perMelt(requests),
    bookP99Ms: bookP99Ms(before, after),
    money: await audit(contestant, parts, load, booksBefore, mint),
  };
}

type Reading = {
  usage: Record<string, Usage>;
  mint: Usage | null;
  requests: number | null;
  database: DatabaseUsage;
  driverCpuMs: number;
  bookSeconds: ReadonlyMap<number, number> | null;
};

async function readAll(contestant: Contestant, { mint, database }: Place): Promise<Reading> {
  const { user, system } = process.cpuUsage();
  return {
    bookSeconds: await contestant.bookSeconds(),
    requests: await mint.requestCount(),
    database: await database.usage(),
    mint: await mint.usage(),
    driverCpuMs: (user + system) / 1_000,
    usage: await contestant.usage(),
  };
}

/** By process: those of the contestant, its database, the mint, and this one, which plays the clients. */
function cpuGrowth(before: Reading, after: Reading): Record<string, number | null> {
  const own = mapValues(after.usage, ({ cpuMs }, name) => cpuMs - (before.usage[name]?.cpuMs ?? 0));
  const database =
    after.bookSeconds === null ? {} : { mongod: minus(after.database.cpuMs, before.database.cpuMs) };
  const clients = after.bookSeconds === null ? {} : { clients: after.driverCpuMs - before.driverCpuMs };
  return { ...own, ...database, mint: minus(after.mint?.cpuMs, before.mint?.cpuMs), ...clients };
}

function bookP99Ms(before: Reading, after: Reading): number | null {
  if (before.bookSeconds === null || after.bookSeconds === null) return null;
  const seconds = percentileBound(before.bookSeconds, after.bookSeconds, 99);
  return seconds === null ? null : seconds * 1_000;
}

/** What each wallet is to pay: the same for all contestants. */
function drawFor(seed: string, { wallets, melts, proofs }: Task): number[][] {
  const each = Math.ceil(melts / wallets);
  return Array.from({ length: wallets }, (_, wallet) =>
    drawAmountsSat(seed, `${wallets}/${proofs ?? 'ordinary'}/${wallet}`, each),
  );
}

async function writeInvoices(mint: BenchMint, amountsSat: readonly number[][]): Promise<Invoice[][]> {
  const all = await mint.invoices(amountsSat.flat());
  return amountsSat.map((each) => all.splice(0, each.length));
}

function partsFor(amountsSat: readonly number[], proofs: number | null): number[] {
  if (proofs === null) return [Math.ceil(1.05 * sumOf(amountsSat)) + cushionSat];
  return Array.from({ length: Math.ceil(proofs / part.proofs) }, () => part.amountSat);
}

function reasonsOf({ payments }: Load): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { error } of payments) if (error !== null) counted[error] = (counted[error] ?? 0) + 1;
  return counted;
}

function mapValues<T, U>(
  of: Readonly<Record<string, T>>,
  to: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value, name)]));
}

function minus(after: number | null | undefined, before: number | null | undefined): number | null {
  return typeof after === 'number' && typeof before === 'number' ? after - before : null;
}

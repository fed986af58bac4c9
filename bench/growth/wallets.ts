import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import { openDatabase } from '../../src/repositories/database.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { createTokenReads } from '../../src/repositories/tokenReads.ts';
import { createTransactionListRepository } from '../../src/repositories/transactionList.ts';
import { selectProofs } from '../../src/services/melt/selection.ts';
import { table } from '../table.ts';
import { fill, times } from './fill.ts';
import { cellOf, measured } from './measure.ts';
import { endedMelt, latest, type Shape, spentToken, unspentToken } from './synthetic.ts';

const walletId = 'wal_growing';
const page = 50;
/** What a payment needs that has no proofs which fit exactly. */
const need = 777n;
const denominations = Array.from({ length: 20 }, (_, power) => 2n ** BigInt(power));
const keep = 100;
const portion = 1_000;
const dayMs = 86_400_000;

const head = [
  'wallet',
  'balance',
  'selection',
  'history',
  'paid ones',
  'its end',
  'spent last',
  'statistics',
];

/** What is asked of a wallet, as it grows. @returns a table of `ms · keys · documents` */
export async function walletsTable(
  uri: string,
  shapes: readonly Shape[],
  say: (text: string) => void,
): Promise<string> {
  const rows: string[][] = [];
  for (const [number, shape] of shapes.entries()) {
    const name = nameOf(shape);
    say(`a wallet of ${name}`);
    for (const row of await readingsOf(databaseIn(uri, `growth_${number}`), shape)) rows.push(row);
  }
  return table([head, ...rows]);
}

/** A row of what it is like before the archive has run, where there is anything to archive, and one of afterwards. */
async function readingsOf(uri: string, shape: Shape): Promise<string[][]> {
  const database = await openDatabase(uri);
  try {
    await fill(
      database,
      'tokens',
      times(shape.spent, (number) => spentToken(walletId, number)),
    );
    await fill(
      database,
      'tokens',
      times(shape.unspent, (number) => unspentToken(walletId, number)),
    );
    await fill(
      database,
      'operations',
      times(shape.melts, (number) => endedMelt(walletId, number)),
    );
    const before = await row(database, shape);
    const rows = shape.spent > keep ? [[`${nameOf(shape)}, none archived`, ...before]] : [];
    await archiveAll(database);
    rows.push([nameOf(shape), ...(await row(database, shape))]);
    return rows;
  } finally {
    await database.connection.dropDatabase();
    await database.close();
  }
}

type Opened = Awaited<ReturnType<typeof openDatabase>>;

async function archiveAll(database: Opened): Promise<void> {
  const { archive } = createArchivingRepository(database);
  const spentBefore = new Date(latest.getTime() - dayMs);
  while ((await archive(walletId, { spentBefore, keep, atMost: portion })) > 0);
}

async function row(database: Opened, shape: Shape): Promise<string[]> {
  const ledger = createLedgerRepository(database, () => latest);
  // Nothing that is read here is opened.
  const unopened = { toSeal: () => Promise.reject(), toOpen: () => Promise.reject(), vouch: () => undefined };
  const tokens = createTokenReads(database, unopened);
  const { newest } = createTransactionListRepository(database);
  const all = { among: null, externalId: null, after: null };
  const last = endedMelt(walletId, Math.max(0, shape.melts - page));
  const readings = [
    () => ledger.balance(walletId),
    async () => select(await tokens.spendable(walletId)),
    () => newest(walletId, all, page),
    () => newest(walletId, { ...all, among: [{ kind: 'melt', states: ['settled', 'paid'] }] }, page),
    () => newest(walletId, { ...all, after: { createdAt: last.created_at, id: last._id } }, page),
    () => tokens.besides(walletId, keep),
    () => ledger.statistics(walletId),
  ];
  const cells: string[] = [];
  for (const reading of readings) cells.push(cellOf(await measured(database, reading)));
  return cells;
}

function select(outlines: Awaited<ReturnType<ReturnType<typeof createTokenReads>['spendable']>>) {
  const proofs = outlines.flatMap((outline) => outline.proofs);
  const candidates = proofs.map((proof) => ({ ...proof, feePpk: 100n, retiring: false }));
  return selectProofs(candidates, need, { feePpk: 100n, denominations });
}

export function databaseIn(uri: string, name: string): string {
  const address = new URL(uri);
  address.pathname = `/${name}`;
  return address.href;
}

const nameOf = ({ spent, unspent, melts }: Shape): string =>
  `${unspent} unspent, ${spent} spent, ${melts} melts`;

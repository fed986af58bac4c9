import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { loadConfig } from '../../src/config.ts';
import { type Context, createContext } from '../../src/context.ts';
import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import { masterKeys } from '../../src/repositories/dataKeys.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { createTokenReads } from '../../src/repositories/tokenReads.ts';
import { table } from '../table.ts';
import { fill, times } from './fill.ts';
import { cellOf, measured } from './measure.ts';
import { endedMelt, latest, mintUrl, spentToken, unspentToken, walletDocuments } from './synthetic.ts';
import { databaseIn } from './wallets.ts';

const head = ['wallets', 'start', 'balance', 'selection', 'whose turn'];
const idOf = (number: number): string => `wal_${number}`;

/** What a server costs as it has more wallets. Each has a data key, a token to spend, one that is spent, and every fourth a melt. */
export async function serversTable(
  uri: string,
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<string> {
  const spool = await mkdtemp(join(tmpdir(), 'crucible-growth-'));
  const rows: string[][] = [];
  try {
    for (const size of sizes) {
      say(`a server of ${size} wallets`);
      rows.push([`${size}`, ...(await readingsOf(databaseIn(uri, `growth_of_${size}`), size, spool))]);
    }
  } finally {
    await rm(spool, { recursive: true });
  }
  return table([head, ...rows]);
}

async function readingsOf(uri: string, size: number, spool: string): Promise<string[]> {
  const loaded = loadConfig({
    MONGODB_URI: uri,
    MINT_URL: mintUrl,
    CRUCIBLE_MNEMONIC: generateMnemonic(wordlist),
    CRUCIBLE_MASTER_KEY: randomBytes(32).toString('hex'),
    CRUCIBLE_SPOOL_DIR: spool,
    CRUCIBLE_LOG_LEVEL: 'error',
    CRUCIBLE_CURVE_THREADS: '0',
  });
  // The first start finds an empty database, as every first one does: it notes that nothing is sealed as before there were data keys.
  const context = await createContext(loaded);
  try {
    await populate(context, size, masterKeys(loaded.secrets).current.id);
    const start = async () => (await createContext(loaded)).dispose();
    return await row(context, idOf(Math.floor(size / 2)), start);
  } finally {
    await context.database.connection.dropDatabase();
    await context.dispose();
  }
}

async function populate({ database }: Context, size: number, masterKeyId: string): Promise<void> {
  const documents = (number: number) => walletDocuments(idOf(number), masterKeyId);
  await fill(
    database,
    'wallets',
    times(size, (number) => documents(number).wallet),
  );
  await fill(
    database,
    'dataKeys',
    times(size, (number) => documents(number).dataKey),
  );
  await fill(
    database,
    'tokens',
    times(size, (number) => unspentToken(idOf(number), number)),
  );
  await fill(
    database,
    'tokens',
    times(size, (number) => spentToken(idOf(number), number % 1_000)),
  );
  await fill(
    database,
    'operations',
    times(Math.ceil(size / 4), (number) => endedMelt(idOf(4 * number), 0)),
  );
}

async function row({ database }: Context, walletId: string, start: () => Promise<void>): Promise<string[]> {
  const ledger = createLedgerRepository(database, () => latest);
  const unopened = { toSeal: () => Promise.reject(), toOpen: () => Promise.reject(), vouch: () => undefined };
  const tokens = createTokenReads(database, unopened);
  const { take } = createArchivingRepository(database);
  const tomorrow = new Date(Date.now() + 86_400_000);
  const readings = [
    start,
    () => ledger.balance(walletId),
    () => tokens.spendable(walletId),
    () => take(new Date(), tomorrow),
  ];
  const cells: string[] = [];
  for (const reading of readings) cells.push(cellOf(await measured(database, reading)));
  return cells;
}

import { randomBytes } from 'node:crypto';
import { invariant } from '../models/errors.ts';
import type { DataKeyDocument, SealingScope } from '../models/schemas/dataKey.ts';
import { createShortMemory } from '../models/shortMemory.ts';
import type { Database } from './database.ts';
import {
  createOpener,
  createSealer,
  type Opener,
  type Sealer,
  type SealingKey,
  sealingKey,
} from './sealing.ts';
import { duplicateKeyIndex, type Transaction } from './transaction.ts';
import { readOneWhole } from './whole.ts';

/** Seals and opens what belongs to one scope, by the data key of that scope. */
export type Sealers = {
  /**
   * Makes the scope's data key where it has none yet. Not inside a dry run: that is a write. Asks the database each time, but
   * once in a transaction: `tx` is one run of it, which stands or falls as a whole.
   */
  toSeal(scope: SealingScope, tx?: Transaction): Promise<Sealer>;
  /** What was sealed by this one has just been found in the database by `tx`: it need not ask for the key. */
  vouch(scope: SealingScope, sealer: Sealer, tx: Transaction): void;
  /** Writes nothing. What was sealed before there were data keys is opened by the master key that sealed it. */
  toOpen(scope: SealingScope): Promise<Opener>;
};

/** `current` seals data keys; what the others have sealed can be read. */
export type MasterKeys = { current: SealingKey; others: readonly SealingKey[] };

/** Everything of the archive of the earlier design, which is read by operators alone. */
export const archiveScope: SealingScope = 'archive';
export const walletScope = (walletId: string): SealingScope => `wallet:${walletId}`;

/** What a sealed data key is bound to. */
export const dataKeyPurpose = (scope: SealingScope): string => `data key:${scope}`;

/**
 * Long enough for a payment to read its wallet's key once, and a busy wallet's once a minute; after it, the keys of wallets
 * that nobody uses are in no memory that could be dumped.
 */
const remembered = { maxEntries: 1_000, keepMs: 60_000 };

/** As configured, of 32 bytes each. @throws InvariantBroken where one is longer or shorter */
export function masterKeys(given: {
  masterKey: Uint8Array;
  otherMasterKeys?: readonly Uint8Array[];
}): MasterKeys {
  const { masterKey, otherMasterKeys = [] } = given;
  return {
    current: sealingKey(masterKey, 'master'),
    others: otherMasterKeys.map((bytes) => sealingKey(bytes, 'master')),
  };
}

/**
 * Envelope encryption: records are sealed by a data key of their wallet, and data keys by the current master key. A data
 * key never changes; `crucible keys rotate-master` seals it anew.
 */
export function createSealers({ dataKeys }: Pick<Database, 'dataKeys'>, masters: MasterKeys): Sealers {
  const allMasters = [masters.current, ...masters.others];
  const byMaster = createSealer(masters.current, masters.others);
  const known = createShortMemory<SealingKey>(remembered);
  const inTransaction = new WeakMap<Transaction, Map<SealingScope, Promise<Sealer>>>();

  async function toSeal(scope: SealingScope, tx?: Transaction): Promise<Sealer> {
    if (tx === undefined) return asked(scope);
    const sealer = within(tx).get(scope) ?? asked(scope);
    within(tx).set(scope, sealer);
    return sealer;
  }

  function within(tx: Transaction): Map<SealingScope, Promise<Sealer>> {
    const sealers = inTransaction.get(tx) ?? new Map<SealingScope, Promise<Sealer>>();
    inTransaction.set(tx, sealers);
    return sealers;
  }

  function vouch(scope: SealingScope, sealer: Sealer, tx: Transaction): void {
    within(tx).set(scope, Promise.resolve(sealer));
  }

  /** Never by a key that is only remembered: once the database is put back to a backup, it may not hold that key any more. */
  async function asked(scope: SealingScope): Promise<Sealer> {
    const key = (await stored(scope)) ?? (await made(scope));
    known.replace(scope, key);
    return createSealer(key, allMasters);
  }

  async function toOpen(scope: SealingScope): Promise<Opener> {
    const key = await keyOf(scope);
    return createOpener(key === null ? allMasters : [key, ...allMasters]);
  }

  const keyOf = (scope: SealingScope): Promise<SealingKey | null> =>
    known.recall(scope, () => demand(scope)).catch(none);

  async function demand(scope: SealingScope): Promise<SealingKey> {
    const key = await stored(scope);
    if (key === null) throw new NoDataKey();
    return key;
  }

  async function stored(scope: SealingScope): Promise<SealingKey | null> {
    const found = await readOneWhole<DataKeyDocument>(dataKeys, { _id: scope });
    if (found === null) return null;
    const bytes = Buffer.from(byMaster.open(found.sealed, dataKeyPurpose(scope)), 'base64');
    try {
      return sealingKey(bytes, 'data');
    } finally {
      bytes.fill(0);
    }
  }

  /** It seals nothing before the database has confirmed it. Of two that are made at once, one stands. */
  async function made(scope: SealingScope): Promise<SealingKey> {
    const bytes = randomBytes(32);
    const sealed = byMaster.seal(bytes.toString('base64'), dataKeyPurpose(scope));
    const key = sealingKey(bytes, 'data');
    bytes.fill(0);
    try {
      await dataKeys.create([
        { _id: scope, sealed, master_key_id: masters.current.id, created_at: new Date() },
      ]);
      return key;
    } catch (error) {
      if (duplicateKeyIndex(error) === null) throw error;
      const others = await stored(scope);
      invariant(others !== null, `the data key of ${scope} has vanished`);
      return others;
    }
  }

  return { toSeal, vouch, toOpen };
}

class NoDataKey extends Error {}

function none(error: unknown): null {
  if (error instanceof NoDataKey) return null;
  throw error;
}

/** Sealers that make no data key, for going through what would be written without writing it. */
export function rehearsing({ toOpen }: Sealers): Sealers {
  const thrownAway = createSealer(sealingKey(randomBytes(32), 'data'));
  return { toOpen, vouch: () => undefined, toSeal: async () => thrownAway };
}

import { setTimeout as pause } from 'node:timers/promises';
import { type Collection, mongo, type Schema } from 'mongoose';
import { invariant } from '../../models/errors.ts';
import { type LegacyToken, type LegacyWallet, type Origin, originName } from '../../models/legacy.ts';
import { walletSchema } from '../../models/schemas/account.ts';
import { tokenSchema } from '../../models/schemas/token.ts';
import type { CashuToken } from '../../models/token.ts';
import type { Wallet } from '../../models/wallet.ts';
import { createArchiveLookUp } from '../archive/lookUp.ts';
import type { AuditRepository } from '../audit.ts';
import { buildIndexes, type Database } from '../database.ts';
import type { Sealers } from '../dataKeys.ts';
import { runTransaction, type Transaction } from '../transaction.ts';
import { toDocument } from '../wallets.ts';
import { digestOf } from './documents.ts';
import { createOriginals, type Place, stillThere } from './originals.ts';
import type { LegacyKind } from './shape.ts';
import { type Make, writeForWallet, writesForToken } from './writes.ts';

export type TakeOver = ReturnType<typeof createTakeOver>;

const indexNotFound = 27;
/** The database ends a transaction whose client has died after 60 s (`transactionLifetimeLimitSeconds`). */
const patienceMs = 90_000;

/**
 * The writes of a migration. One original is one transaction: it leaves its place, its sealed copy enters the archive and
 * what is made of it appears, together or not at all. Whoever comes second finds nothing to do.
 */
export function createTakeOver(
  database: Database,
  sealers: Sealers,
  audit: AuditRepository,
  now: () => Date,
) {
  const { connection, tokens, wallets, legacyTokens, legacyWallets } = database;
  const originals = createOriginals(database, sealers);
  const archive = createArchiveLookUp(database);

  /** Makes what the transactions rely on: the collections, and the index that refuses a proof in two tokens. */
  async function prepare(): Promise<void> {
    for (const model of [tokens, wallets, legacyTokens, legacyWallets, database.audit, database.dataKeys])
      await model.createCollection();
    // The others could fail on documents of the earlier design that stand in the same collection.
    for (const [keys, options] of tokenSchema.indexes()) {
      if (options['name'] !== 'one_token_per_proof') continue;
      const ascending = Object.keys(keys).map((field): [string, 1] => [field, 1]);
      await tokens.collection.createIndex(ascending, { ...options, unique: true });
    }
  }

  /** Drops the earlier design's indexes, which bind nothing any more, and builds all of this version's. */
  async function finish(): Promise<void> {
    await dropIndexesBut(tokens.collection, tokenSchema);
    await dropIndexesBut(wallets.collection, walletSchema);
    await buildIndexes(database);
  }

  /**
   * Takes over one token. `make` builds the new token from the original's fields; null where none is to be made.
   * @returns false when another run has done it. @throws InvariantBroken when the original has changed since it was read
   */
  async function takeToken(token: LegacyToken, place: Place, make: Make | null): Promise<boolean> {
    return patiently(async (tx) => {
      const bytes = await take(tx, 'token', token.origin, place);
      if (bytes === null) return false;
      const { entry, made } = await writesForToken(token, make, { bytes, place, sealers, at: now() });
      if (made !== null) {
        const Ys = made.token.proofs.map(({ Y }) => Y);
        await archive.demandNone(tx, made.token, Ys);
        await tokens.create([made.document], { session: tx.session });
        await recordMade(tx, made.token, token.origin);
      }
      const { _id, ...changes } = entry;
      const session = tx.session;
      if (place.kind === 'legacy') await legacyTokens.create([entry], { session });
      else await legacyTokens.updateOne({ _id, revision: place.revision }, { $set: changes }, { session });
      return true;
    });
  }

  /**
   * Takes over one wallet; `wallet` is the one that its npub has in this version, or null. As `takeToken` otherwise.
   * @returns whether this run took it, and whether it made the wallet
   */
  async function takeWallet(
    legacy: LegacyWallet,
    place: Place,
    wallet: Wallet | null,
  ): Promise<{ isTaken: boolean; isMade: boolean }> {
    return patiently(async (tx) => {
      const bytes = await take(tx, 'wallet', legacy.origin, place);
      if (bytes === null) return { isTaken: false, isMade: false };
      const isMade = wallet !== null && (await insertWallet(tx, wallet));
      const entry = await writeForWallet(legacy, { bytes, place, sealers, at: now() });
      const { _id, ...changes } = entry;
      const session = tx.session;
      if (place.kind === 'legacy') await legacyWallets.create([entry], { session });
      else await legacyWallets.updateOne({ _id, revision: place.revision }, { $set: changes }, { session });
      return { isTaken: true, isMade };
    });
  }

  /** Makes the wallet of an npub whose tokens had no wallet document. @returns whether it was missing */
  async function ensureWallet(wallet: Wallet): Promise<boolean> {
    return patiently((tx) => insertWallet(tx, wallet));
  }

  /** Runs a transaction; waits while others hold what it needs, such as one that a killed run has left behind. */
  async function patiently<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (const giveUpAt = performance.now() + patienceMs; ; ) {
      try {
        return await runTransaction(database, 'migration', work);
      } catch (error) {
        if (!isInTheWay(error) || performance.now() > giveUpAt) throw error;
        await pause(500);
      }
    }
  }

  /** The original's bytes; it is removed from its place, or left in the archive. Null if it has moved on. */
  async function take(
    tx: Transaction,
    kind: LegacyKind,
    origin: Origin,
    place: Place,
  ): Promise<Uint8Array | null> {
    const bytes = await originals.at(kind, origin, place, tx.session);
    if (place.kind === 'archive') return bytes;
    const name = originName(origin);
    if (bytes === null) {
      const isArchived = await originals.isArchived(kind, origin, tx.session);
      invariant(isArchived, `${name} has vanished and is not in the archive`);
      return null;
    }
    invariant(
      digestOf(bytes) === place.digest,
      `${name} changed while it was migrated; nothing was done with it. Is a server of the earlier design still running?`,
    );
    // What was read is what is removed: a change in between fails the transaction as a conflict, and it is run again.
    const { deletedCount } = await connection
      .collection(place.collection)
      .deleteOne(stillThere(kind, place.id), { session: tx.session });
    invariant(deletedCount === 1, `${name} was read and could not be removed`);
    return bytes;
  }

  async function recordMade(tx: Transaction, token: CashuToken, origin: Origin): Promise<void> {
    const { id: tokenId, status, totalAmount: amount, transactionId, walletId, npub } = token;
    const details = { tokenId, status, amount, origin: originName(origin) };
    await audit.append({ walletId, npub, transactionId, event: 'token.migrated', details, at: now() }, tx);
  }

  async function insertWallet(tx: Transaction, wallet: Wallet): Promise<boolean> {
    const found = await wallets.exists({ npub: wallet.npub, mint_id: { $exists: true } }).session(tx.session);
    if (found === null) await wallets.create([toDocument(wallet, true)], { session: tx.session });
    return found === null;
  }

  return { prepare, finish, takeToken, takeWallet, ensureWallet };
}

async function dropIndexesBut(collection: Collection, schema: Schema): Promise<void> {
  const ours = new Set(['_id_', ...schema.indexes().map(([, { name }]) => name)]);
  for (const { name } of await collection.listIndexes().toArray())
    if (!ours.has(name)) await collection.dropIndex(name).catch(unlessGone);
}

const isInTheWay = (error: unknown): boolean =>
  error instanceof mongo.MongoError && error.hasErrorLabel('TransientTransactionError');

/** Two runs that end together drop the same indexes. */
function unlessGone(error: unknown): void {
  if (!(error instanceof mongo.MongoServerError && error.code === indexNotFound)) throw error;
}

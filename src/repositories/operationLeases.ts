import { mongo, type QueryFilter } from 'mongoose';
import type { Operation, OperationKey } from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import { countByMint } from './countByMint.ts';
import type { Database } from './database.ts';
import { isOutcomeUnknown } from './databaseErrors.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { hasRunOut, leaseUntil } from './leases.ts';
import { operationFrom } from './operationDocuments.ts';
import { isWriteConflict } from './transaction.ts';

/** An operation that something is to be done about, as far as choosing needs it. */
export type DueOperation = OperationKey & { mintUrl: string };

/** A transaction of a live server holds a document for milliseconds; what is held for longer may be so for a minute. */
const lockedWithinMs = 500;

/** States in which others are waited for, perhaps for weeks. */
const patient = ['awaiting_payment', 'sent'];

const named = ({ id, walletId }: OperationKey): QueryFilter<OperationDocument> => ({
  _id: id,
  wallet_id: walletId,
});

/** What fits an operation that has not ended and that nobody holds. */
const isUnheld = (): QueryFilter<OperationDocument> => ({ open: true, $expr: hasRunOut('lease_until') });

/** The same, and it is due at `now`. */
const isFree = (now: Date): QueryFilter<OperationDocument> => ({ ...isUnheld(), due_at: { $lte: now } });

/** Who works at an operation. A lease saves work and guards nothing, so no wait for one is ever long. */
export function createOperationLeases({ operations }: Pick<Database, 'operations'>, sealers: Sealers) {
  /**
   * What could be claimed just now at these mints, at most `limit`, leaving out those in `except`. Longest due first; but mint
   * quotes that nobody has paid, and tokens that nobody has claimed, come last: they must not hold up what is under way.
   */
  async function due(
    now: Date,
    { limit, at, except }: { limit: number; at: readonly string[]; except: readonly string[] },
  ): Promise<DueOperation[]> {
    const others = except.length > 0 ? { _id: { $nin: [...except] } } : {};
    const among = (states: QueryFilter<OperationDocument>, most: number) =>
      operations
        .find({ ...isFree(now), ...states, mint_url: { $in: [...at] }, ...others })
        .select({ _id: 1, wallet_id: 1, mint_url: 1 })
        .sort({ due_at: 1 })
        .limit(most)
        // Whatever else is indexed: it is asked for twice a second, and thousands may be due.
        .hint('due_at_mint_state')
        .lean<Pick<OperationDocument, '_id' | 'wallet_id' | 'mint_url'>[]>();
    const found = await among({ state: { $nin: patient } }, limit);
    if (found.length < limit) found.push(...(await among({ state: { $in: patient } }, limit - found.length)));
    return found.map(({ _id, wallet_id, mint_url }) => ({ id: _id, walletId: wallet_id, mintUrl: mint_url }));
  }

  /** How many have been due since before `dueBefore` at other mints than these, by mint. */
  function dueElsewhere(dueBefore: Date, mintUrls: readonly string[]): Promise<Map<string, number>> {
    return countByMint(operations, {
      open: true,
      due_at: { $lte: dueBefore },
      mint_url: { $nin: [...mintUrls] },
    });
  }

  /**
   * Claims an operation if it is still due and free.
   * @returns null if it is not, and also where a transaction, perhaps that of a dead server, holds it for over half a second
   */
  const claim = (key: OperationKey, owner: string, leaseMs: number, now: Date): Promise<Operation | null> =>
    take(key, isFree(now), owner, leaseMs);

  /** The same whether it is due or not, for a person who wants it looked at. */
  const claimNow = (key: OperationKey, owner: string, leaseMs: number): Promise<Operation | null> =>
    take(key, isUnheld(), owner, leaseMs);

  async function take(
    key: OperationKey,
    where: QueryFilter<OperationDocument>,
    owner: string,
    leaseMs: number,
  ): Promise<Operation | null> {
    const found = await operations
      .findOneAndUpdate(
        { ...named(key), ...where },
        [{ $set: { lease_owner: owner, lease_until: leaseUntil(leaseMs) } }],
        { returnDocument: 'after', updatePipeline: true, maxTimeMS: lockedWithinMs },
      )
      .lean<OperationDocument>()
      .catch((error: unknown) => unlessLocked(error, key, owner));
    return found === null ? null : operationFrom(found, await sealers.toOpen(walletScope(found.wallet_id)));
  }

  async function unlessLocked(
    error: unknown,
    key: OperationKey,
    owner: string,
  ): Promise<OperationDocument | null> {
    // The claim stands on the primary; only its confirmation by the others is slow.
    if (isOutcomeUnknown(error))
      return operations.findOne({ ...named(key), lease_owner: owner }).lean<OperationDocument>();
    if (isLocked(error)) return null;
    throw error;
  }

  /** Keeps a lease while work goes on. @returns whether it is still ours. */
  async function renewLease(key: OperationKey, owner: string, leaseMs: number): Promise<boolean> {
    const result = await operations.updateOne(
      { ...named(key), lease_owner: owner },
      [{ $set: { lease_until: leaseUntil(leaseMs) } }],
      { updatePipeline: true, maxTimeMS: lockedWithinMs },
    );
    return result.matchedCount === 1;
  }

  async function releaseLease(key: OperationKey, owner: string): Promise<void> {
    await operations.updateOne(
      { ...named(key), lease_owner: owner },
      { $set: { lease_owner: null, lease_until: null } },
      { maxTimeMS: lockedWithinMs },
    );
  }

  return { due, dueElsewhere, claim, claimNow, renewLease, releaseLease };
}

const maxTimeMsExpired = 50;

/** A transaction has written to the document and has not ended yet. */
function isLocked(error: unknown): boolean {
  const ranOut = error instanceof mongo.MongoServerError && error.code === maxTimeMsExpired;
  return ranOut || isWriteConflict(error);
}

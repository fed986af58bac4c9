import { invariant } from '../models/errors.ts';
import type { WalletDocument } from '../models/schemas/account.ts';
import type { CounterDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type CounterRepository = ReturnType<typeof createCounterRepository>;

/**
 * How far past what is known to be used a recovery sets a counter at least: requests of the lost time may still be on their
 * way, with outputs that no mint has signed yet.
 */
export const counterLead = 1_000;

/** With the wallet, which says on which shard of a cluster it is. */
const at = (walletId: string, keysetId: string) => ({ _id: `${walletId}:${keysetId}`, wallet_id: walletId });

/** NUT-13 indices, of each wallet's own seed. A gap costs nothing; an index used twice would let two outputs share a secret, so it never happens. */
export function createCounterRepository(database: Database) {
  /**
   * Takes `count` indices for good, in an own majority write. @returns the first: not 0 in a keyset of which these books have
   * used nothing, where they were once behind, since a recovery by a list without that keyset has not moved its counter.
   */
  async function take(walletId: string, keysetId: string, count: number): Promise<number> {
    invariant(
      Number.isSafeInteger(count) && count > 0 && count <= 10_000,
      'counters are taken one to ten thousand at a time',
    );
    let after = await add(walletId, keysetId, count, false);
    if (after === null) {
      if (await wasBehind(walletId)) await raise(walletId, keysetId, counterLead);
      after = await begun(() => add(walletId, keysetId, count, true));
    }
    invariant(
      after !== null && Number.isSafeInteger(after.next) && after.next >= count,
      'a counter went backwards',
    );
    return after.next - count;
  }

  function add(walletId: string, keysetId: string, count: number, upsert: boolean) {
    return database.counters
      .findOneAndUpdate(
        at(walletId, keysetId),
        { $inc: { next: count }, $setOnInsert: { keyset_id: keysetId } },
        { upsert, returnDocument: 'after', includeResultMetadata: false },
      )
      .lean<CounterDocument>();
  }

  /** Whether the wallet is, or ever was, being recovered for more than a wish. */
  async function wasBehind(walletId: string): Promise<boolean> {
    const found = await database.wallets
      .findOne({
        _id: walletId,
        $or: [
          { recovery: { $exists: true }, 'recovery.reason': { $ne: 'requested' } },
          { recovered_at: { $exists: true } },
        ],
      })
      .lean<WalletDocument>();
    return found !== null;
  }

  /** The next index of a keyset; 0 where none was ever taken. */
  async function next(walletId: string, keysetId: string): Promise<number> {
    const found = await database.counters.findOne(at(walletId, keysetId)).lean<CounterDocument>();
    return found?.next ?? 0;
  }

  /** The keysets of which any index was taken. */
  async function keysets(walletId: string): Promise<string[]> {
    return database.counters.distinct('keyset_id', { wallet_id: walletId });
  }

  /** Makes sure that no index below this is taken any more. Never moves a counter back. */
  async function raise(walletId: string, keysetId: string, atLeast: number): Promise<void> {
    invariant(Number.isSafeInteger(atLeast) && atLeast >= 0, 'a counter is raised to an index');
    const raised = { $max: { next: atLeast }, $setOnInsert: { keyset_id: keysetId } };
    await begun(() => database.counters.updateOne(at(walletId, keysetId), raised, { upsert: true }));
  }

  return { take, next, keysets, raise };
}

/**
 * Of several that begin a counter at once, one inserts it. MongoDB tries again by itself only where a filter names the fields of the unique
 * index and no others (SERVER-37124); here the others find it there.
 */
async function begun<T>(upsert: () => Promise<T>): Promise<T> {
  try {
    return await upsert();
  } catch (error) {
    if (duplicateKeyIndex(error) !== '_id_') throw error;
    return upsert();
  }
}

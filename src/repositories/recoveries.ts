import type { QueryFilter } from 'mongoose';
import type { WalletDocument } from '../models/schemas/account.ts';
import type { EndedRecovery, Recovery, RecoveryReason, RecoveryState, Wallet } from '../models/wallet.ts';
import { countByMint } from './countByMint.ts';
import type { Database } from './database.ts';
import { hasRunOut, leaseUntil } from './leases.ts';
import {
  endedFrom,
  fieldsOf,
  fresh,
  type RecoveryProgress,
  toEnded,
  toRecovery,
} from './recoveryDocuments.ts';
import { toWallet } from './wallets.ts';

export type RecoveryRepository = ReturnType<typeof createRecoveryRepository>;

const isFree = (now: Date): QueryFilter<WalletDocument> => ({
  'recovery.due_at': { $lte: now },
  $expr: hasRunOut('recovery.lease_until'),
});

/** Nobody ends and demands recoveries of one wallet so often in a row. */
const triesAtMost = 5;

/**
 * Recoveries stand in the wallet's own document, so that whoever reads the wallet knows. They are worked at under a lease
 * as operations are; a lease saves work and guards nothing.
 */
export function createRecoveryRepository({ wallets }: Pick<Database, 'wallets'>) {
  /**
   * Demands that a wallet be recovered; new melts and mintings are refused from now on. Found behind again while a
   * recovery is under way, it is looked at again, and from the first index if outputs were found signed.
   * `isProven`: whether these signatures verify. @returns whether this began it
   */
  async function require(
    walletId: string,
    reason: RecoveryReason,
    now: Date,
    isProven = false,
  ): Promise<boolean> {
    // One that ends, or begins, between two looks is met by the next.
    for (let tries = 0; tries < triesAtMost; tries += 1) {
      const begun = await wallets.updateOne(
        { _id: walletId, recovery: { $exists: false } },
        { $set: { recovery: fresh(reason, now, isProven) } },
      );
      if (begun.modifiedCount === 1) return true;
      if (await requireMore(walletId, reason, now, isProven)) return false;
    }
    throw new Error(`the recovery of wallet ${walletId} could not be demanded`);
  }

  /** The same of a recovery that is under way. @returns false where there is none */
  async function requireMore(
    walletId: string,
    reason: RecoveryReason,
    now: Date,
    isProven: boolean,
  ): Promise<boolean> {
    const amend = async (filter: QueryFilter<WalletDocument>, changes: Record<string, unknown>) => {
      const proof = isProven ? { 'recovery.is_proven': true } : {};
      const { matchedCount } = await wallets.updateOne(
        { _id: walletId, recovery: { $exists: true }, ...filter },
        { $set: { ...changes, ...proof }, $inc: { 'recovery.generation': 1 } },
      );
      return matchedCount === 1;
    };
    const due = { 'recovery.state': 'required', 'recovery.due_at': now };
    const fromTheFirst = { ...due, 'recovery.reason': reason, 'recovery.scans': {} };
    // What was only wished for is needed from now on.
    if (await amend({ 'recovery.reason': 'requested' }, fromTheFirst)) return true;
    if (reason === 'quote_issued') return amend({}, due);
    if (reason !== 'signed_outputs') return amend({}, { ...due, 'recovery.reason': reason });
    if (await amend({ 'recovery.state': 'watching' }, fromTheFirst)) return true;
    // Until the counters have been moved, whoever plans outputs finds them signed: that is being seen to. Only the proof is news.
    const isSeenTo = { 'recovery.state': { $in: ['required', 'running'] satisfies RecoveryState[] } };
    if (isProven && (await amend({ ...isSeenTo, 'recovery.is_proven': { $ne: true } }, {}))) return true;
    return (await wallets.exists({ _id: walletId, ...isSeenTo })) !== null;
  }

  /** Has a wallet recovered because somebody wants to know. Whatever recovery is under way already is theirs, too. */
  async function request(walletId: string, now: Date): Promise<void> {
    await wallets.updateOne(
      { _id: walletId, recovery: { $exists: false } },
      { $set: { recovery: fresh('requested', now) } },
    );
  }

  /**
   * Demands that every wallet be recovered, or those of one npub: somebody knows that an old backup was restored. A recovery
   * that stands in the books begins again at the first index, since it may come from that backup; what was proven stays so.
   * @returns how many wallets
   */
  async function requireAnew(npub: string | null, now: Date): Promise<number> {
    const begin = async () => {
      const idle = { ...whose(npub), recovery: { $exists: false } };
      return (await wallets.updateMany(idle, { $set: { recovery: fresh('asked', now) } })).modifiedCount;
    };
    const begun = await begin();
    await wallets.updateMany(
      { ...whose(npub), 'recovery.reason': 'requested' },
      { $set: { 'recovery.reason': 'asked' } },
    );
    const again = await wallets.updateMany(
      { ...whose(npub), recovery: { $exists: true }, 'recovery.since': { $ne: now } },
      {
        $set: {
          'recovery.state': 'required',
          'recovery.since': now,
          'recovery.due_at': now,
          'recovery.scans': {},
          'recovery.stuck_since': {},
        },
        $inc: { 'recovery.generation': 1 },
      },
    );
    // Some may have ended in between.
    return begun + again.modifiedCount + (await begin());
  }

  /** How many wallets there are, of one npub or at all, and how many of them are being recovered. */
  async function count(npub: string | null): Promise<{ wallets: number; recovering: number }> {
    const [all, recovering] = await Promise.all([
      wallets.countDocuments(whose(npub)),
      wallets.countDocuments({ ...whose(npub), 'recovery.due_at': { $exists: true } }),
    ]);
    return { wallets: all, recovering };
  }

  /** The wallet as it is now, with its recovery, what the last one came to, and when one last ended that was needed. */
  async function byId(walletId: string): Promise<{
    wallet: Wallet;
    recovery: Recovery | null;
    last: EndedRecovery | null;
    recoveredAt: Date | null;
  } | null> {
    const found = await wallets.findById(walletId).lean<WalletDocument>();
    if (found === null) return null;
    const recovery = found.recovery === undefined ? null : toRecovery(walletId, found.recovery);
    const last = found.last_recovery === undefined ? null : toEnded(found.last_recovery);
    return { wallet: toWallet(found), recovery, last, recoveredAt: found.recovered_at ?? null };
  }

  /** The one of these mints whose wallets have been due for longest; null where no recovery is due and free. */
  async function mintDue(now: Date, mintUrls: readonly string[]): Promise<string | null> {
    return (await firstDue({ ...isFree(now), mint_url: { $in: [...mintUrls] } }))?.mint_url ?? null;
  }

  /** How many recoveries have been due since before `dueBefore` at other mints than these, by mint. */
  function dueElsewhere(dueBefore: Date, mintUrls: readonly string[]): Promise<Map<string, number>> {
    return countByMint(wallets, {
      'recovery.due_at': { $lte: dueBefore },
      mint_url: { $nin: [...mintUrls] },
    });
  }

  /**
   * The wallet at a mint whose recovery has been due for longest, if any is due and free: first of those that need one. Anybody
   * may wish for recoveries, of as many wallets as they like.
   */
  async function due(now: Date, mintUrl: string): Promise<string | null> {
    const atMint = { ...isFree(now), mint_url: mintUrl };
    const needed = await firstDue({ ...atMint, 'recovery.reason': { $ne: 'requested' } });
    return (needed ?? (await firstDue(atMint)))?._id ?? null;
  }

  function firstDue(filter: QueryFilter<WalletDocument>) {
    return wallets
      .findOne(filter)
      .select({ _id: 1, mint_url: 1 })
      .sort({ 'recovery.due_at': 1 })
      .lean<Pick<WalletDocument, '_id' | 'mint_url'>>();
  }

  /** Claims a recovery if it is still due and free. */
  async function claim(
    walletId: string,
    owner: string,
    leaseMs: number,
    now: Date,
  ): Promise<{ wallet: Wallet; recovery: Recovery } | null> {
    const found = await wallets
      .findOneAndUpdate(
        { _id: walletId, ...isFree(now) },
        [
          {
            $set: {
              'recovery.lease_owner': owner,
              'recovery.lease_until': leaseUntil(leaseMs),
              'recovery.state': {
                $cond: [{ $eq: ['$recovery.state', 'required'] }, 'running', '$recovery.state'],
              },
            },
          },
        ],
        { returnDocument: 'after', updatePipeline: true },
      )
      .lean<WalletDocument>();
    if (found?.recovery === undefined) return null;
    return { wallet: toWallet(found), recovery: toRecovery(found._id, found.recovery) };
  }

  /** Keeps the lease. @returns whether it is still ours. */
  async function renewLease(walletId: string, owner: string, leaseMs: number): Promise<boolean> {
    const { matchedCount } = await wallets.updateOne(
      { _id: walletId, 'recovery.lease_owner': owner },
      [{ $set: { 'recovery.lease_until': leaseUntil(leaseMs) } }],
      { updatePipeline: true },
    );
    return matchedCount === 1;
  }

  /** Writes down how far a pass has come. @returns false where the wallet was found behind again, or is another's by now. */
  async function advance(
    { walletId, generation }: Pick<Recovery, 'walletId' | 'generation'>,
    owner: string,
    progress: RecoveryProgress,
  ): Promise<boolean> {
    const { matchedCount } = await wallets.updateOne(
      { _id: walletId, 'recovery.lease_owner': owner, 'recovery.generation': generation },
      { $set: fieldsOf(progress) },
    );
    return matchedCount === 1;
  }

  /** Gives the lease back until the next look. `state` only where nothing has been found since the pass began. */
  async function rest(
    { walletId, generation }: Pick<Recovery, 'walletId' | 'generation'>,
    owner: string,
    dueAt: Date,
    state?: RecoveryState,
  ): Promise<void> {
    const free = { 'recovery.lease_owner': null, 'recovery.lease_until': null };
    const { matchedCount } = await wallets.updateOne(
      { _id: walletId, 'recovery.lease_owner': owner, 'recovery.generation': generation },
      {
        $set: {
          ...free,
          'recovery.due_at': dueAt,
          ...(state === undefined ? {} : { 'recovery.state': state }),
        },
      },
    );
    if (matchedCount === 0)
      await wallets.updateOne({ _id: walletId, 'recovery.lease_owner': owner }, { $set: free });
  }

  /** Ends a recovery. @returns what it has come to; null where the wallet was found behind again since the pass began */
  async function finish(
    { walletId, generation, reason }: Pick<Recovery, 'walletId' | 'generation' | 'reason'>,
    owner: string,
    now: Date,
  ): Promise<EndedRecovery | null> {
    const found = await wallets
      .findOneAndUpdate(
        { _id: walletId, 'recovery.lease_owner': owner, 'recovery.generation': generation },
        [
          {
            $set: {
              last_recovery: endedFrom(now),
              // What was only wished for has moved no counter.
              ...(reason === 'requested' ? {} : { recovered_at: now }),
            },
          },
          { $unset: 'recovery' },
        ],
        { returnDocument: 'after', updatePipeline: true },
      )
      .lean<WalletDocument>();
    return found?.last_recovery === undefined ? null : toEnded(found.last_recovery);
  }

  return {
    require,
    request,
    requireAnew,
    count,
    byId,
    mintDue,
    dueElsewhere,
    due,
    claim,
    renewLease,
    advance,
    rest,
    finish,
  };
}

const whose = (npub: string | null): QueryFilter<WalletDocument> => (npub === null ? {} : { npub });

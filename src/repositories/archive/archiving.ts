import { invariant } from '../../models/errors.ts';
import type { ArchiveSumDocument } from '../../models/schemas/archive.ts';
import type { OperationDocument } from '../../models/schemas/operation.ts';
import type { TokenDocument } from '../../models/schemas/token.ts';
import type { Database } from '../database.ts';
import { runTransaction, type Transacting, type Transaction } from '../transaction.ts';

export type ArchivingRepository = ReturnType<typeof createArchivingRepository>;

/** Earlier than any token was spent: leaves out those that never were. */
const longAgo = new Date(0);

/** Moves spent tokens out of the way of what is read each day (ADR 41). */
export function createArchivingRepository(
  database: Transacting &
    Pick<Database, 'wallets' | 'tokens' | 'operations' | 'archivedTokens' | 'archiveSums'>,
) {
  const { connection, wallets, tokens, operations, archivedTokens, archiveSums } = database;

  /** Takes the wallet that has been due for longest, and puts it off; so no two instances have the same. @returns its id */
  async function take(now: Date, dueAgainAt: Date): Promise<string | null> {
    const due = (archive_due_at: object) =>
      wallets
        .findOneAndUpdate(
          { archive_due_at },
          { $set: { archive_due_at: dueAgainAt } },
          { sort: { archive_due_at: 1 }, projection: { _id: 1 }, hint: 'archive_turn' },
        )
        .lean<{ _id: string }>();
    // Later than anybody puts it off to: by a server whose clock is wrong. Nobody waits for that time to come.
    const tooFar = new Date(2 * dueAgainAt.getTime() - now.getTime());
    const found = (await due({ $not: { $gt: now } })) ?? (await due({ $gt: tooFar }));
    return found?._id ?? null;
  }

  /** Has it looked at sooner than it would be. */
  async function putOff(walletId: string, dueAt: Date): Promise<void> {
    await wallets.updateOne({ _id: walletId }, { $set: { archive_due_at: dueAt } });
  }

  /**
   * Moves tokens that were spent before a time into the archive, oldest first, with their sum: all of them in one transaction, or
   * none. Left where they are: the `keep` that were spent last, at which checks look, and whatever was spent since the oldest
   * melt began that is not over. Harmless if run twice, or by two at once.
   * @returns how many; fewer than `atMost` where there are no more
   * @throws InvariantBroken where a token does not say what its proofs come to
   */
  async function archive(
    walletId: string,
    { spentBefore, keep, atMost }: { spentBefore: Date; keep: number; atMost: number },
  ): Promise<number> {
    return runTransaction(database, walletId, async (tx) => {
      const bounds = [await keptSince(tx, walletId, keep), await oldestMelt(tx, walletId), spentBefore];
      const old = await spentUntil(tx, walletId, earliest(bounds), atMost);
      if (old.length > 0) await move(tx, walletId, old);
      return old.length;
    });
  }

  /** After the last token that may go so that so many stay. */
  async function keptSince({ session }: Transaction, walletId: string, keep: number): Promise<Date> {
    const [last] = await tokens
      .find({ wallet_id: walletId, spent_at: { $gt: longAgo } })
      .sort({ spent_at: -1 })
      .skip(keep)
      .limit(1)
      .select({ _id: 0, spent_at: 1 })
      .hint('recently_spent')
      .session(session)
      .lean<Pick<TokenDocument, 'spent_at'>[]>();
    return last?.spent_at ? new Date(last.spent_at.getTime() + 1) : longAgo;
  }

  /** When the oldest melt began that is under way, or waits for a person: none of its tokens was spent before. */
  async function oldestMelt({ session }: Transaction, walletId: string): Promise<Date | null> {
    const oldest = (where: { open: true } | { state: 'needs_attention' }, index: string) =>
      operations
        .find({ wallet_id: walletId, kind: 'melt', ...where })
        .sort({ created_at: 1 })
        .limit(1)
        .select({ created_at: 1 })
        .hint(index)
        .session(session)
        .lean<Pick<OperationDocument, 'created_at'>[]>();
    const open = await oldest({ open: true }, 'open_by_kind');
    const stopped = await oldest({ state: 'needs_attention' }, 'waits_for_person');
    const begun = [...open, ...stopped].map(({ created_at: at }) => at);
    return begun.length === 0 ? null : earliest(begun);
  }

  /** As they are stored: a number that came back as another type would be another document. */
  function spentUntil(
    { session }: Transaction,
    walletId: string,
    before: Date,
    atMost: number,
  ): Promise<TokenDocument[]> {
    const when = { spent_at: { $gt: longAgo, $lt: before }, status: 'spent' as const, reserved_by: null };
    return tokens.collection
      .find<TokenDocument>(
        { wallet_id: walletId, ...when },
        { session, useBigInt64: true, sort: { spent_at: 1 }, limit: atMost, hint: 'recently_spent' },
      )
      .toArray();
  }

  async function move({ session }: Transaction, walletId: string, old: TokenDocument[]): Promise<void> {
    const { _id, wallet_id, keysets, ...sum } = sumOf(walletId, old);
    const ids = old.map((token) => token._id);
    // First of all, so that of two at once the second meets the first here.
    const { deletedCount } = await tokens.deleteMany(
      { _id: { $in: ids }, wallet_id: walletId, status: 'spent', reserved_by: null },
      { session },
    );
    invariant(deletedCount === old.length, `${walletId}: a spent token was there and is not any more`);
    await connection.collection<TokenDocument>(archivedTokens.collection.name).insertMany(old, { session });
    await archiveSums.updateOne(
      { _id, wallet_id },
      { $inc: sum, $addToSet: { keysets: { $each: keysets } } },
      { session, upsert: true },
    );
  }

  return { take, putOff, archive };
}

/** What these tokens come to. @throws InvariantBroken where one of them says something else than its proofs */
function sumOf(walletId: string, old: readonly TokenDocument[]): ArchiveSumDocument {
  const proofs = old.flatMap((token) => token.proofs ?? []);
  for (const { _id, total_amount: total, proofs = [] } of old)
    invariant(total === summed(proofs), `token ${_id}: total differs from the sum of its proofs`);
  return {
    _id: walletId,
    wallet_id: walletId,
    tokens: old.length,
    total_amount: summed(proofs),
    keysets: [...new Set(proofs.map(({ keyset_id: id }) => id))],
  };
}

const summed = (proofs: readonly { amount: bigint }[]): bigint =>
  proofs.reduce((sum, { amount }) => sum + amount, 0n);

const earliest = (dates: readonly (Date | null)[]): Date =>
  new Date(Math.min(...dates.flatMap((date) => (date === null ? [] : [date.getTime()]))));

import type { WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { runTransaction, type Transacting } from './transaction.ts';
import { toWallet } from './wallets.ts';

/** What the books say that a wallet holds, and what of that the mint honours, in the wallet's unit. */
export type Solvency = { booked: bigint; verified: bigint };

/** How far a wallet has been looked at, where not at all of it: the last token, and in which up to there something was missing. */
export type SolvencyWalk = { after: string; missingIn: readonly string[] };

/** A wallet whose turn it is; `walk` null where nothing of it was looked at since the last time as a whole. */
export type SolvencyTurn = { wallet: Wallet; walk: SolvencyWalk | null };

/** `found`: null where nothing is known that would take the place of the last finding. */
export type SolvencyNote =
  | { found: Solvency; wholeAt: Date }
  | { found: Solvency | null; walk: SolvencyWalk };

/** `overstated`: by how much the sums of unspent tokens say more than the proofs in them. */
type Books = { booked: bigint; overstated: bigint };

export type SolvencyRepository = ReturnType<typeof createSolvencyRepository>;

/** Whose books are held against the mint next, and what came of it: a wallet's document says both. */
export function createSolvencyRepository(
  database: Transacting & Pick<Database, 'wallets' | 'tokens' | 'operations'>,
) {
  const { wallets, tokens, operations } = database;

  /** Takes the wallet at this mint that has been due for longest, and puts it off; so no two instances have the same. */
  async function take(mintUrl: string, now: Date, dueAgainAt: Date): Promise<SolvencyTurn | null> {
    const due = (when: { $not: { $gt: Date } } | { $gt: Date }) =>
      wallets
        .findOneAndUpdate(
          { mint_url: mintUrl, solvency_due_at: when },
          { $set: { solvency_due_at: dueAgainAt } },
          { sort: { solvency_due_at: 1 }, hint: 'solvency_at_mint' },
        )
        .lean<WalletDocument>();
    // Later than anybody puts it off to: by a server whose clock is wrong. Nobody waits for that time to come.
    const tooFar = new Date(2 * dueAgainAt.getTime() - now.getTime());
    const found = (await due({ $not: { $gt: now } })) ?? (await due({ $gt: tooFar }));
    if (found === null) return null;
    const { solvency_walk: walk } = found;
    return {
      wallet: toWallet(found),
      walk: walk === undefined ? null : { after: walk.after, missingIn: walk.missing_in ?? [] },
    };
  }

  /** Has it looked at sooner than it would be. */
  async function putOff(walletId: string, dueAt: Date): Promise<void> {
    await wallets.updateOne({ _id: walletId }, { $set: { solvency_due_at: dueAt } });
  }

  /** How many wallets are at this mint, counted up to `most`. */
  async function countAt(mintUrl: string, most: number): Promise<number> {
    return wallets.countDocuments({ mint_url: mintUrl }).limit(most).hint('solvency_at_mint');
  }

  /** What came of a look at all of a wallet, or at a part: what is missing there is missing all the same. */
  async function note(walletId: string, noted: SolvencyNote): Promise<void> {
    const { found } = noted;
    const walkOf = ({ after, missingIn }: SolvencyWalk) => ({ after, missing_in: [...missingIn] });
    const sums = found === null ? {} : { solvency_booked: found.booked, solvency_verified: found.verified };
    await wallets.updateOne(
      { _id: walletId },
      'walk' in noted
        ? { $set: { ...sums, solvency_walk: walkOf(noted.walk) } }
        : { $set: { ...sums, solvency_at: noted.wholeAt }, $unset: { solvency_walk: 1 } },
    );
  }

  /**
   * What the books hold of a wallet, of one moment: `unspent` of its balance, from what is unspent or held alone, however long
   * its history is. Each token is one document, so nothing that goes on meanwhile overstates it: that was written by no code of ours.
   */
  async function books(walletId: string): Promise<Books> {
    return runTransaction(database, walletId, async ({ session }) => {
      const [unspent] = await tokens
        .aggregate<{ sum: bigint | number; overstated: bigint | number }>([
          { $match: { wallet_id: walletId, status: 'unspent' } },
          {
            $group: {
              _id: null,
              sum: { $sum: '$total_amount' },
              overstated: {
                $sum: { $subtract: ['$total_amount', { $sum: { $ifNull: ['$proofs.amount', []] } }] },
              },
            },
          },
        ])
        .hint('by_status_and_amount')
        .session(session);
      let booked = BigInt(unspent?.sum ?? 0);
      for (const { where, hint } of holding) {
        const [held] = await operations
          .aggregate<{ sum: bigint | number }>([
            { $match: { wallet_id: walletId, ...where } },
            { $group: { _id: null, sum: { $sum: '$held_amount' } } },
          ])
          .hint(hint)
          .session(session);
        booked += BigInt(held?.sum ?? 0);
      }
      return { booked, overstated: BigInt(unspent?.overstated ?? 0) };
    });
  }

  return { take, putOff, countAt, note, books };
}

/** The operations that may hold what no token does (transaction S): open ones with an attempt, and those that a person must see to. */
const holding = [
  { where: { open: true, 'attempts.0': { $exists: true } }, hint: 'open_with_outputs' },
  { where: { state: 'needs_attention' }, hint: 'waits_for_person' },
] as const;

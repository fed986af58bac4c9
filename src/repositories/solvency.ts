import type { WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { toWallet } from './wallets.ts';

/** What the books say that a wallet holds, and what of that the mint honours, in the wallet's unit. */
export type Solvency = { booked: bigint; verified: bigint };

/** A wallet whose turn it is, and what was found of it last; null where it never was looked at as a whole. */
export type SolvencyTurn = { wallet: Wallet; last: Solvency | null };

export type SolvencyRepository = ReturnType<typeof createSolvencyRepository>;

/** Whose books are held against the mint next, and what came of it: a wallet's document says both. */
export function createSolvencyRepository({ wallets, tokens }: Pick<Database, 'wallets' | 'tokens'>) {
  /** Takes the wallet at this mint that has been due for longest, and puts it off; so no two instances have the same. */
  async function take(mintUrl: string, now: Date, dueAgainAt: Date): Promise<SolvencyTurn | null> {
    const found = await wallets
      .findOneAndUpdate(
        { mint_url: mintUrl, solvency_due_at: { $not: { $gt: now } } },
        { $set: { solvency_due_at: dueAgainAt } },
        { sort: { solvency_due_at: 1 }, hint: 'solvency_at_mint' },
      )
      .lean<WalletDocument>();
    if (found === null) return null;
    const { solvency_booked: booked, solvency_verified: verified } = found;
    const last =
      booked === undefined || verified === undefined
        ? null
        : { booked: BigInt(booked), verified: BigInt(verified) };
    return { wallet: toWallet(found), last };
  }

  /** Has it looked at sooner than it would be. */
  async function putOff(walletId: string, dueAt: Date): Promise<void> {
    await wallets.updateOne({ _id: walletId }, { $set: { solvency_due_at: dueAt } });
  }

  /** How many wallets are at this mint, counted up to `most`. */
  async function countAt(mintUrl: string, most: number): Promise<number> {
    return wallets.countDocuments({ mint_url: mintUrl }).limit(most).hint('solvency_at_mint');
  }

  /** `at`: null where not all of the wallet was looked at; what is missing is missing all the same. */
  async function note(walletId: string, { booked, verified }: Solvency, at: Date | null): Promise<void> {
    const found = { solvency_booked: booked, solvency_verified: verified };
    await wallets.updateOne({ _id: walletId }, { $set: at === null ? found : { ...found, solvency_at: at } });
  }

  /**
   * By how much the sums of unspent tokens say more than the proofs in them. Each document is one moment, so nothing that
   * goes on meanwhile shows here: other than 0 was written by no code of ours.
   */
  async function overstated(walletId: string): Promise<bigint> {
    const [found] = await tokens
      .aggregate<{ overstated: bigint | number }>([
        { $match: { wallet_id: walletId, status: 'unspent' } },
        {
          $group: {
            _id: null,
            overstated: {
              $sum: { $subtract: ['$total_amount', { $sum: { $ifNull: ['$proofs.amount', []] } }] },
            },
          },
        },
      ])
      .hint('spendable');
    return BigInt(found?.overstated ?? 0);
  }

  return { take, putOff, countAt, note, overstated };
}

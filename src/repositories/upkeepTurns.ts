import type { WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { toWallet } from './wallets.ts';

export type UpkeepTurnRepository = ReturnType<typeof createUpkeepTurnRepository>;

/** Whose ecash is looked at next: a wallet's document says when it is due, and those that do not say come first. */
export function createUpkeepTurnRepository({ wallets }: Pick<Database, 'wallets'>) {
  /** Takes the wallet at this mint that has been due for longest, and puts it off; so no two instances have the same. */
  async function take(mintUrl: string, now: Date, dueAgainAt: Date): Promise<Wallet | null> {
    const found = await wallets
      .findOneAndUpdate(
        dueAt(mintUrl, now),
        { $set: { upkeep_due_at: dueAgainAt } },
        { sort: longestDueFirst, hint: 'upkeep_at_mint' },
      )
      .lean<WalletDocument>();
    return found === null ? null : toWallet(found);
  }

  /** Has it looked at sooner, or later, than it would be. */
  async function putOff(walletId: string, dueAt: Date): Promise<void> {
    await wallets.updateOne({ _id: walletId }, { $set: { upkeep_due_at: dueAt } });
  }

  return { take, putOff };
}

export const longestDueFirst = { upkeep_due_at: 1 } as const;

/** Those that were never looked at, too. */
export function dueAt(mintUrl: string, now: Date) {
  return { mint_url: mintUrl, upkeep_due_at: { $not: { $gt: now } } };
}

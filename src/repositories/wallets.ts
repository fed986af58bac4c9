import type { WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type WalletRepository = ReturnType<typeof createWalletRepository>;

/** More than any owner has use for. */
export const mostWalletsPerNpub = 100;

/**
 * Wallets by their owner. A new one's id follows from what it is (`walletIdOf`), so that there is one whoever races; a
 * migrated one has kept the id that it had.
 */
export function createWalletRepository(database: Pick<Database, 'wallets'>) {
  /** All of an owner's, the first one first. */
  async function ofNpub(npub: string): Promise<Wallet[]> {
    const documents = await database.wallets
      .find({ npub })
      .sort({ created_at: 1, _id: 1 })
      .limit(mostWalletsPerNpub)
      .lean<WalletDocument[]>();
    return documents.map(toWallet);
  }

  async function byId(walletId: string): Promise<Wallet | null> {
    const document = await database.wallets.findById(walletId).lean<WalletDocument>();
    return document === null ? null : toWallet(document);
  }

  /** @returns false where there is one of this id, or of this npub at this address and in this unit */
  async function insert(wallet: Wallet): Promise<boolean> {
    try {
      await database.wallets.create([toDocument(wallet)]);
      return true;
    } catch (error) {
      if (duplicateKeyIndex(error) === null) throw error;
      return false;
    }
  }

  return { ofNpub, byId, insert };
}

export function toDocument(wallet: Wallet): WalletDocument {
  return {
    _id: wallet.id,
    npub: wallet.npub,
    mint_url: wallet.mintUrl,
    mint_id: wallet.mintId,
    unit: wallet.unit,
    created_at: wallet.createdAt,
  };
}

export function toWallet(document: WalletDocument): Wallet {
  return {
    id: document._id,
    npub: document.npub,
    mintUrl: document.mint_url,
    mintId: document.mint_id,
    unit: document.unit,
    createdAt: document.created_at,
    ...(document.recovery === undefined
      ? {}
      : { recovery: document.recovery.state, recoveryReason: document.recovery.reason }),
  };
}

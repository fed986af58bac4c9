import { invariant } from '../models/errors.ts';
import type { WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type WalletRepository = ReturnType<typeof createWalletRepository>;

/**
 * Wallets by their owner. A new one's id follows from the npub (`walletIdOf`), so that an npub has one wallet whoever races;
 * a migrated one has kept the id that it had, and is found by its npub before a new one is made.
 */
export function createWalletRepository(database: Pick<Database, 'wallets'>) {
  async function findByNpub(npub: string): Promise<Wallet | null> {
    const document = await database.wallets
      .findOne({ npub })
      .sort({ created_at: 1, _id: 1 })
      .lean<WalletDocument>();
    return document === null ? null : toWallet(document);
  }

  /** Inserts, or returns the wallet that stood there first. */
  async function insertIfAbsent(wallet: Wallet): Promise<{ wallet: Wallet; created: boolean }> {
    try {
      await database.wallets.create([toDocument(wallet)]);
      return { wallet, created: true };
    } catch (error) {
      if (duplicateKeyIndex(error) === null) throw error;
    }
    const existing = await findByNpub(wallet.npub);
    invariant(existing !== null, 'a wallet exists and cannot be found');
    return { wallet: existing, created: false };
  }

  return { findByNpub, insertIfAbsent };
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

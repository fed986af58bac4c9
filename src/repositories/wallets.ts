import { firstIndex, type WalletDocument } from '../models/schemas/account.ts';
import type { Wallet } from '../models/wallet.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';
import { readWhole } from './whole.ts';

export type WalletRepository = ReturnType<typeof createWalletRepository>;

/** The first is what requests without a `walletId` are about: which one that is must never change. */
export const firstFirst = { is_first: -1, created_at: 1, _id: 1 } as const;

export type Insertion = 'inserted' | 'there_is_one' | 'another_is_first';

/** More than any owner has use for. */
export const mostWalletsPerNpub = 100;

/**
 * Wallets by their owner. A new one's id follows from what it is (`walletIdOf`), so that there is one whoever races; a
 * migrated one has kept the id that it had.
 */
export function createWalletRepository(database: Pick<Database, 'wallets'>) {
  /** All of an owner's, the first one first. */
  async function ofNpub(npub: string): Promise<Wallet[]> {
    const reading = { sort: firstFirst, limit: mostWalletsPerNpub };
    const documents = await readWhole<WalletDocument>(database.wallets, { npub }, reading);
    return documents.map(toWallet);
  }

  async function byId(walletId: string): Promise<Wallet | null> {
    const document = await database.wallets.findById(walletId).lean<WalletDocument>();
    return document === null ? null : toWallet(document);
  }

  /**
   * `isFirst`: the npub has none, as far as is known. Only one ever is, whoever races, and stays it.
   * @returns `there_is_one` of this id, or of this npub at this address and in this unit
   */
  async function insert(wallet: Wallet, isFirst: boolean): Promise<Insertion> {
    try {
      await database.wallets.create([toDocument(wallet, isFirst)]);
      return 'inserted';
    } catch (error) {
      const index = duplicateKeyIndex(error);
      if (index === null) throw error;
      return index === firstIndex ? 'another_is_first' : 'there_is_one';
    }
  }

  return { ofNpub, byId, insert };
}

export function toDocument(wallet: Wallet, isFirst: boolean): WalletDocument {
  return {
    _id: wallet.id,
    npub: wallet.npub,
    ...(isFirst ? { is_first: true } : {}),
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

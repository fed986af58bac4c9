import type { Balance, Wallet, WalletStatistics } from '../models/wallet.ts';
import { toJsonSum } from './amounts.ts';

export function presentCreated({ wallet, created }: { wallet: Wallet; created: boolean }) {
  return {
    success: true,
    message: created ? 'Wallet created' : 'Wallet exists already',
    walletDetails: {
      npub: wallet.npub,
      walletId: wallet.id,
      mintUrl: wallet.mintUrl,
      unit: wallet.unit,
    },
  };
}

/** All of an owner's wallets, the first one first. */
export function presentWallets(views: readonly { wallet: Wallet; balance: Balance }[]) {
  return {
    success: true,
    wallets: views.map(({ wallet: { id, npub, mintUrl, unit, createdAt }, balance }, position) => ({
      walletId: id,
      npub,
      mintUrl,
      unit,
      balance: toJsonSum(balance.spendable),
      isDefault: position === 0,
      createdAt: createdAt.toISOString(),
    })),
  };
}

export function presentInfo(view: {
  wallet: Wallet;
  balance: Balance;
  statistics: WalletStatistics;
  tokenPubkey: string;
}) {
  const { wallet, balance, statistics, tokenPubkey } = view;
  return {
    success: true,
    walletInfo: {
      npub: wallet.npub,
      walletId: wallet.id,
      mintUrl: wallet.mintUrl,
      unit: wallet.unit,
      balance: toJsonSum(balance.spendable),
      tokenPubkey,
      statistics,
      createdAt: wallet.createdAt.toISOString(),
    },
  };
}

/** `balance` is what can be spent now; `totalBalance` adds what open operations hold. */
export function presentBalance({ balance }: { balance: Balance }) {
  const unspent = toJsonSum(balance.unspent);
  return {
    success: true,
    balance: toJsonSum(balance.spendable),
    details: {
      totalBalance: unspent,
      unspentBalance: unspent,
      reservedBalance: toJsonSum(balance.reserved),
      pendingBalance: toJsonSum(balance.pending),
      spentBalance: toJsonSum(balance.spent),
    },
  };
}

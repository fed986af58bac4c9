import type { LegacyToken, LegacyWallet, UnresolvedReason, WalletVerdict } from '../../models/legacy.ts';
import type { Wallet } from '../../models/wallet.ts';
import { walletIdOf } from '../walletService.ts';
import type { MintTerms } from './mintTerms.ts';

/** The wallet that each npub will have, and what becomes of each wallet document. */
export type WalletPlan = {
  byNpub: ReadonlyMap<string, Wallet>;
  verdicts: ReadonlyMap<LegacyWallet, WalletVerdict>;
};

type Known = {
  terms: ReadonlyMap<string, MintTerms>;
  /** Wallets of this version that stand in the store already. */
  present: ReadonlyMap<string, Wallet>;
};

/**
 * One wallet for each npub, as in this version: the one that stands here already, else that of the oldest wallet document,
 * which keeps its id; else one for the npub's oldest token. Where an npub was at several mints, the one that MINT_URL
 * names first is taken: `terms` is in that order.
 */
export function planWallets(
  wallets: readonly LegacyWallet[],
  tokens: readonly LegacyToken[],
  { terms, present }: Known,
): WalletPlan {
  const byNpub = new Map(present);
  for (const mint of terms.values()) {
    for (const { npub, mintUrl, unit, createdAt, origin } of wallets) {
      if (npub === null || mintUrl !== mint.mintUrl || isOther(unit, mint) || byNpub.has(npub)) continue;
      byNpub.set(npub, walletAt(mint, npub, origin.id, createdAt));
    }
  }
  for (const mint of terms.values()) {
    for (const { npub, mintUrl, createdAt, proofs } of tokens) {
      if (npub === null || mintUrl !== mint.mintUrl || proofs.length === 0 || byNpub.has(npub)) continue;
      byNpub.set(npub, walletAt(mint, npub, walletIdOf({ ...mint, npub }), createdAt));
    }
  }
  const verdicts = new Map(wallets.map((legacy) => [legacy, verdictOn(legacy, byNpub, terms)] as const));
  return { byNpub, verdicts };
}

function walletAt(mint: MintTerms, npub: string, id: string, createdAt: Date): Wallet {
  return { id, npub, mintUrl: mint.mintUrl, mintId: mint.mintId, unit: mint.unit, createdAt };
}

const isOther = (unit: string | null, mint: MintTerms): boolean => unit !== null && unit !== mint.unit;

function verdictOn(
  legacy: LegacyWallet,
  byNpub: ReadonlyMap<string, Wallet>,
  terms: ReadonlyMap<string, MintTerms>,
): WalletVerdict {
  if (legacy.verdict?.fate === 'migrated') return legacy.verdict;
  const unresolved = (reason: UnresolvedReason): WalletVerdict => ({ fate: 'unresolved', reason });
  if (legacy.npub === null) return unresolved('bad_npub');
  const mint = legacy.mintUrl === null ? undefined : terms.get(legacy.mintUrl);
  if (mint === undefined) return unresolved('unknown_mint');
  if (isOther(legacy.unit, mint)) return unresolved('other_unit');
  const wallet = byNpub.get(legacy.npub);
  if (wallet === undefined || wallet.mintUrl !== mint.mintUrl) return unresolved('other_mint');
  return { fate: 'migrated', walletId: wallet.id };
}

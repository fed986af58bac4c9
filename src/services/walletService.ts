import { createHash } from 'node:crypto';
import { DomainError, validationError } from '../models/errors.ts';
import type { Balance, Wallet, WalletStatistics } from '../models/wallet.ts';
import type { WalletRepository } from '../repositories/wallets.ts';
import type { WalletService } from './contracts.ts';
import type { Seeds } from './ecash/seeds.ts';
import { firstUnit } from './mint/mints.ts';

/** What a wallet must know of its mint before it trusts it with money. */
export type MintDirectory = {
  /** @throws DomainError MINT_UNAVAILABLE, MINT_ERROR (also: the mint lacks what we need) */
  describe(mintUrl: string): Promise<{ mintUrl: string; mintId: string | null; units: readonly string[] }>;
};

/** Sums over what a wallet holds. */
export type Ledger = {
  balance(walletId: string): Promise<Balance>;
  statistics(walletId: string): Promise<WalletStatistics>;
};

type Parts = {
  wallets: WalletRepository;
  mints: MintDirectory;
  ledger: Ledger;
  seeds: Pick<Seeds, 'tokenKey'>;
  /** The mints that wallets may use; the first is the default. */
  mintUrls: readonly string[];
  now: () => Date;
};

/** Wallets: for now one per npub, at one mint. */
export function createWalletService(parts: Parts): WalletService {
  const { wallets, mints, ledger, seeds, mintUrls, now } = parts;

  async function create(npub: string, asked: string | undefined) {
    const mintUrl = allowedMint(mintUrls, asked);
    const existing = await wallets.findByNpub(npub);
    if (existing !== null) return { wallet: sameMint(existing, asked), created: false };
    const description = await mints.describe(mintUrl);
    const { mintId } = description;
    const unit = firstUnit(description);
    const wallet: Wallet = { id: walletIdOf(npub), npub, mintUrl, mintId, unit, createdAt: now() };
    const outcome = await wallets.insertIfAbsent(wallet);
    return { wallet: sameMint(outcome.wallet, asked), created: outcome.created };
  }

  async function get(npub: string): Promise<Wallet> {
    const wallet = await wallets.findByNpub(npub);
    if (wallet === null) throw walletNotFound(npub);
    return wallet;
  }

  async function balance(npub: string) {
    const wallet = await get(npub);
    return { wallet, balance: await ledger.balance(wallet.id) };
  }

  async function info(npub: string) {
    const wallet = await get(npub);
    const [held, statistics, { publicKey: tokenPubkey }] = await Promise.all([
      ledger.balance(wallet.id),
      ledger.statistics(wallet.id),
      seeds.tokenKey(npub),
    ]);
    return { wallet, balance: held, statistics, tokenPubkey };
  }

  return { create, get, balance, info };
}

/**
 * The id of a new wallet. It follows from the npub alone: two racing creations meet, and a store rebuilt from the npubs has
 * the same ids, but for wallets that were migrated and kept theirs. So ask the stored wallet for its id, never this.
 */
export function walletIdOf(npub: string): string {
  return `wal_${createHash('sha256').update(`crucible/wallet/1/${npub}`).digest('hex').slice(0, 32)}`;
}

/** The mint to use: the default where none is asked for. @throws DomainError VALIDATION_ERROR for any not allowed here */
function allowedMint(mintUrls: readonly string[], asked: string | undefined): string {
  const mintUrl =
    asked === undefined ? mintUrls[0] : mintUrls.find((allowed) => allowed === withoutSlash(asked));
  if (mintUrl === undefined) throw mintProblem('is not one of the mints that this server uses');
  return mintUrl;
}

/** One wallet per npub: a second one at another mint would be out of reach of every route. */
function sameMint(wallet: Wallet, asked: string | undefined): Wallet {
  if (asked !== undefined && withoutSlash(asked) !== wallet.mintUrl) {
    throw mintProblem('is not the mint of the wallet that this npub has already; one npub has one wallet');
  }
  return wallet;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const mintProblem = (message: string): DomainError => validationError([{ field: 'mintUrl', message }]);

function walletNotFound(npub: string): DomainError {
  return new DomainError(
    'WALLET_NOT_FOUND',
    'LOW',
    'Nothing was done: this npub has no wallet here. Create it with POST /api/wallet/create.',
    { about: { npub } },
  );
}

import { createHash } from 'node:crypto';
import { DomainError, invariant, validationError } from '../models/errors.ts';
import { addressOf, isSameMint } from '../models/mintUrl.ts';
import type { Balance, Wallet, WalletStatistics } from '../models/wallet.ts';
import type { TransactionListRepository } from '../repositories/transactionList.ts';
import { mostWalletsPerNpub, type WalletRepository } from '../repositories/wallets.ts';
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
  holdings(walletId: string): Promise<Omit<Balance, 'spent'>>;
  statistics(walletId: string): Promise<WalletStatistics>;
};

type Parts = {
  wallets: Pick<WalletRepository, 'ofNpub' | 'insert'>;
  transactionList: Pick<TransactionListRepository, 'holder'>;
  mints: MintDirectory;
  ledger: Ledger;
  seeds: Pick<Seeds, 'tokenKey'>;
  /** The mints that wallets may use; the first is the default. */
  mintUrls: readonly string[];
  now: () => Date;
};

/** Wallets: as many for an npub as there are mints and units, one for each. */
export function createWalletService(parts: Parts): WalletService {
  const { wallets, transactionList, mints, ledger, seeds, mintUrls, now } = parts;

  const create: WalletService['create'] = async (npub, asked) => {
    const owned = await wallets.ofNpub(npub);
    const [first] = owned;
    if (first !== undefined && asked.mintUrl === undefined && asked.unit === undefined)
      return { wallet: first, created: false };
    const mintUrl = allowedMint(mintUrls, asked.mintUrl ?? first?.mintUrl);
    const existing = owned.find(isAt(mintUrl, asked.unit));
    if (existing !== undefined) return { wallet: existing, created: false };
    if (owned.length >= mostWalletsPerNpub) throw tooMany();
    const description = await mints.describe(mintUrl);
    const { mintId, units } = description;
    const unit = asked.unit ?? firstUnit(description);
    if (!units.includes(unit)) throw unitProblem(units);
    const id = walletIdOf({ npub, mintUrl, unit });
    const wallet: Wallet = { id, npub, mintUrl, mintId, unit, createdAt: now() };
    if (await inserted(wallet, first === undefined)) return { wallet, created: true };
    return { wallet: await present(wallet), created: false };
  };

  /** @returns false where there is such a wallet */
  async function inserted(wallet: Wallet, isFirst: boolean): Promise<boolean> {
    switch (await wallets.insert(wallet, isFirst)) {
      case 'inserted':
        return true;
      case 'there_is_one':
        return false;
      case 'another_is_first':
        return inserted(wallet, false);
    }
  }

  /** Who stands where a new wallet would. */
  async function present({ npub, mintUrl, unit }: Wallet): Promise<Wallet> {
    const there = (await wallets.ofNpub(npub)).find(isAt(mintUrl, unit));
    invariant(there !== undefined, 'a wallet exists and cannot be found');
    return there;
  }

  /** All that it has; the first is the default. @throws DomainError WALLET_NOT_FOUND where it has none */
  async function ofNpub(npub: string): Promise<[Wallet, ...Wallet[]]> {
    const [first, ...others] = await wallets.ofNpub(npub);
    if (first === undefined) throw walletNotFound(npub);
    return [first, ...others];
  }

  const get: WalletService['get'] = async ({ npub, walletId }) => {
    const owned = await ofNpub(npub);
    if (walletId === null) return owned[0];
    const named = owned.find(({ id }) => id === walletId);
    if (named === undefined) throw walletNotFound(npub, walletId);
    return named;
  };

  const holding: WalletService['holding'] = async (name, of) => {
    if (name.walletId !== null) return get(name);
    const owned = await ofNpub(name.npub);
    if (owned.length === 1) return owned[0];
    const ids = owned.map(({ id }) => id);
    const holder = await transactionList.holder(ids, of);
    return owned.find(({ id }) => id === holder) ?? owned[0];
  };

  const forToken: WalletService['forToken'] = async (name, { mintUrl, unit }) => {
    if (name.walletId !== null) return get(name);
    const owned = await ofNpub(name.npub);
    return owned.find(isAt(mintUrl, unit)) ?? owned[0];
  };

  const withBalance = async (wallet: Wallet) => ({ wallet, balance: await ledger.balance(wallet.id) });

  const info: WalletService['info'] = async (name) => {
    const wallet = await get(name);
    const [held, statistics, { publicKey: tokenPubkey }] = await Promise.all([
      ledger.balance(wallet.id),
      ledger.statistics(wallet.id),
      seeds.tokenKey(wallet.id),
    ]);
    return { wallet, balance: held, statistics, tokenPubkey };
  };

  return {
    create,
    get,
    holding,
    forToken,
    info,
    balance: async (name) => withBalance(await get(name)),
    list: async (npub) => Promise.all((await ofNpub(npub)).map(withBalance)),
  };
}

/**
 * The id of a new wallet. It follows from its owner, its mint's address and its unit, as its seed does: two racing creations
 * meet, and a store built anew has the same ids, but for wallets that were migrated and kept theirs. So ask the stored wallet
 * for its id, never this.
 */
export function walletIdOf({ npub, mintUrl, unit }: Pick<Wallet, 'npub' | 'mintUrl' | 'unit'>): string {
  const what = JSON.stringify(['crucible/wallet/2', npub, addressOf(mintUrl), unit]);
  return `wal_${createHash('sha256').update(what).digest('hex').slice(0, 32)}`;
}

/** The mint to use: the default where none is asked for. @throws DomainError VALIDATION_ERROR for any not allowed here */
function allowedMint(mintUrls: readonly string[], asked: string | undefined): string {
  const mintUrl = asked === undefined ? mintUrls[0] : mintUrls.find((allowed) => isSameMint(allowed, asked));
  if (mintUrl === undefined) throw mintProblem('is not one of the mints that this server uses');
  return mintUrl;
}

const isAt =
  (mintUrl: string, unit: string | undefined) =>
  (wallet: Wallet): boolean =>
    isSameMint(wallet.mintUrl, mintUrl) && (unit === undefined || wallet.unit === unit);

const mintProblem = (message: string): DomainError => validationError([{ field: 'mintUrl', message }]);

function unitProblem(units: readonly string[]): DomainError {
  const message = `must be one in which this mint can be funded and pays: ${units.slice(0, 20).join(', ')}`;
  return validationError([{ field: 'unit', message }]);
}

const tooMany = (): DomainError =>
  validationError([
    { field: 'npub', message: `has ${mostWalletsPerNpub} wallets already, which is the most there may be` },
  ]);

function walletNotFound(npub: string, walletId?: string): DomainError {
  return new DomainError(
    'WALLET_NOT_FOUND',
    'LOW',
    walletId === undefined
      ? 'Nothing was done: this npub has no wallet here. Create it with POST /api/wallet/create.'
      : 'Nothing was done: this npub has no wallet with that walletId. GET /api/wallet/{npub}/wallets lists those that it has.',
    { about: walletId === undefined ? { npub } : { npub, walletId } },
  );
}

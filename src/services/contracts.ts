import type { Discrepancy } from '../models/discrepancy.ts';
import type { MeltOperation, MintingOperation, TimelineEntry } from '../models/operation.ts';
import type { RateCount, RateLimitName } from '../models/rateLimit.ts';
import type { ReportDraft } from '../models/report.ts';
import type {
  TransactionKey,
  TransactionOutline,
  TransactionStatus,
  TransactionType,
} from '../models/transaction.ts';
import type { Balance, Wallet, WalletName, WalletStatistics } from '../models/wallet.ts';
import type { ApiKeyService, BearerTokenService, SignedRequestService } from './auth/contracts.ts';
import type { ReceiveService, SendService } from './exchange/contracts.ts';
import type { MetricsService } from './metrics/contracts.ts';
import type { SupportService } from './support/contracts.ts';

/** A durable `Idempotency-Key`, with the hash of the body that it was first used for. */
export type IdempotencyKey = {
  route: 'melt' | 'mint' | 'send' | 'reclaim' | 'receive';
  key: string;
  bodyHash: string;
};

/** Present outcome of a value-moving request. `replayed`: it was made earlier, under the same key. */
export type Outcome<T> = { operation: T; replayed: boolean };

/** What an owner may write on an operation; both come back with it. */
export type OwnersNotes = { memo: string | null; externalId: string | null };

export type WalletService = {
  /**
   * The wallet of an npub at a mint and in a unit: where nothing is asked for, its first, or one at the default mint; where only
   * one of the two is, the first that fits. @throws DomainError VALIDATION_ERROR (not allowed here, or not with this mint), MINT_UNAVAILABLE, MINT_ERROR
   */
  create(
    npub: string,
    asked: { mintUrl: string | undefined; unit: string | undefined },
  ): Promise<{ wallet: Wallet; created: boolean }>;
  /** @throws DomainError WALLET_NOT_FOUND, as all that follow */
  get(name: WalletName): Promise<Wallet>;
  /** The same; where none is named, that of the owner's whose transaction or mint quote this is. */
  holding(name: WalletName, of: TransactionKey): Promise<Wallet>;
  /** The same; where none is named, that of the owner's which such a token is for. */
  forToken(name: WalletName, token: { mintUrl: string; unit: string }): Promise<Wallet>;
  balance(name: WalletName): Promise<{ wallet: Wallet; balance: Balance }>;
  /** All of an owner's, the first one first. */
  list(npub: string): Promise<{ wallet: Wallet; balance: Balance }[]>;
  /** `tokenPubkey`: what others lock tokens to that are for this wallet (NUT-11). */
  info(name: WalletName): Promise<{
    wallet: Wallet;
    balance: Balance;
    statistics: WalletStatistics;
    tokenPubkey: string;
  }>;
};

export type MeltQuoteView = {
  quoteId: string;
  amount: bigint;
  feeReserve: bigint;
  inputFee: bigint;
  total: bigint;
  expiry: Date | null;
};

/** What an API key may spend in a UTC day. */
export type KeyBudget = { keyId: string; satPerDay: bigint };

/** How much of an invoice is to be paid, in the wallet's unit; undefined = what it names. `max`: as much as there is. */
export type AmountWish = bigint | 'max' | undefined;

export type MeltRequest = OwnersNotes & {
  wallet: WalletName;
  invoice: string;
  amount: AmountWish;
  maxFee: bigint | undefined;
  /** The most that may leave the wallet, fees included. Needed where only the mint knows what the unit is worth. */
  maxTotal: bigint | undefined;
  /** `Prefer: respond-async`: answer 202 as soon as the operation stands. */
  respondAsync: boolean;
  idempotency: IdempotencyKey | undefined;
  /** Null where the caller has no budget to keep to. */
  budget: KeyBudget | null;
  /** Asked once more when ecash is about to be reserved: the request may have waited. @throws DomainError UNAUTHENTICATED */
  stillAllowed: () => Promise<void>;
  requestId: string;
};

export type MeltService = {
  /** Asks the mint what paying this invoice would cost. Reserves nothing. */
  quote(name: WalletName, invoice: string, amount: AmountWish): Promise<MeltQuoteView>;
  /**
   * Pays an invoice. Resolves with an operation that is `settled` or `paid` (200), or still open (202).
   * @throws DomainError every refusal of docs/api; PAYMENT_FAILED when the operation ended without paying.
   */
  melt(request: MeltRequest): Promise<Outcome<MeltOperation>>;
  /** @throws DomainError WALLET_NOT_FOUND, TRANSACTION_NOT_FOUND */
  status(name: WalletName, transactionId: string): Promise<MeltOperation>;
};

export type MintingService = {
  /** Asks the mint for an invoice and watches it. */
  request(
    request: OwnersNotes & {
      wallet: WalletName;
      amount: bigint;
      idempotency: IdempotencyKey | undefined;
      requestId: string;
    },
  ): Promise<Outcome<MintingOperation>>;
  /** Looks now instead of waiting for the worker. `issued` once credited. @throws DomainError QUOTE_NOT_FOUND */
  complete(name: WalletName, quoteId: string): Promise<MintingOperation>;
};

/** An operation in its owner's history. `fee` is null while nobody knows it. */
export type TransactionView = Pick<
  TransactionOutline,
  'id' | 'state' | 'amount' | 'createdAt' | 'updatedAt' | 'memo' | 'externalId'
> & { type: TransactionType; status: TransactionStatus; fee: bigint | null };

export type TransactionQuery = {
  limit: number;
  /** A `nextCursor` of an earlier answer. */
  cursor: string | undefined;
  type: TransactionType | undefined;
  status: TransactionStatus | undefined;
  externalId: string | undefined;
};

export type TransactionService = {
  /**
   * A wallet's operations, newest first. What begins meanwhile is before the first page: going on by `nextCursor` shows
   * nothing twice. @throws DomainError WALLET_NOT_FOUND, VALIDATION_ERROR for a cursor that is none
   */
  list(
    name: WalletName,
    query: TransactionQuery,
  ): Promise<{ transactions: TransactionView[]; limit: number; nextCursor: string | null }>;
  /** @throws DomainError WALLET_NOT_FOUND, TRANSACTION_NOT_FOUND */
  get(name: WalletName, transactionId: string): Promise<TransactionView & { timeline: TimelineEntry[] }>;
};

export type RateLimitService = {
  /** False in a development profile that was told so: nothing is limited then. */
  isOn: boolean;
  /** Requests a minute, as this instance knows it. */
  perMinute(name: RateLimitName): number;
  /** Counts one request of `who`; whether that is too many follows from `perMinute`. Does without the database. */
  count(name: RateLimitName, who: string): Promise<RateCount>;
  /** As they are stored; the other instances know within seconds. */
  list(): Promise<{ name: RateLimitName; perMinute: number; defaultPerMinute: number }[]>;
  set(name: RateLimitName, perMinute: number): Promise<void>;
  /** Back to the default. */
  reset(name: RateLimitName): Promise<void>;
};

export type ReportService = {
  /** Files or counts an incident; returns its supportId. Never throws: while the database is away it is kept in memory. */
  file(draft: ReportDraft): Promise<string>;
  /** Closes the open report of an incident, saying how. Does nothing where there is none. */
  close(dedupeKey: string, how: string): Promise<void>;
};

export type Readiness = {
  ready: boolean;
  database: 'writable' | 'unavailable';
  /** How long ago each mint last answered (null = not yet), and whether it is asked at all just now. */
  mints: { url: string; answeredMsAgo: number | null; circuit: 'closed' | 'open' | 'half_open' }[];
  draining: boolean;
};

export type HealthService = { readiness(): Promise<Readiness> };

/** How books and mint differ about proofs of one token, or about outputs of one open operation. */
export type TokenDiscrepancy = Omit<Discrepancy, 'Y'> & { proofCount: number };

/** What the mint says of a wallet's proofs. `complete`: none that is believed good was left out. */
export type ProofComparison = {
  totalProofs: number;
  unspentCount: number;
  pendingCount: number;
  spentCount: number;
  discrepancies: TokenDiscrepancy[];
  complete: boolean;
  at: Date;
};

/** What is put right about a token. `done`: false in a dry run, and where the token has changed meanwhile. */
export type CorrectionAction = Pick<TokenDiscrepancy, 'type' | 'amount' | 'proofCount'> & {
  action: 'mark_spent';
  tokenId: string;
  done: boolean;
};

export type ReconcileService = {
  /** Compares a wallet's proofs with its mint (NUT-07). Changes nothing. @throws DomainError WALLET_NOT_FOUND, MINT_UNAVAILABLE, MINT_ERROR */
  compare(name: WalletName): Promise<ProofComparison>;
  /**
   * The same, and marks what the mint calls spent, as pre-flight would; a dry run lists that and changes nothing.
   * @throws DomainError also MELT_BLOCKED_BY_RECONCILIATION during a recovery, DATABASE_UNAVAILABLE
   */
  reconcile(request: {
    wallet: WalletName;
    dryRun: boolean;
    requestId: string;
  }): Promise<ProofComparison & { dryRun: boolean; actions: CorrectionAction[] }>;
};

export type RestoreService = {
  /**
   * Demands that every wallet be recovered, or that of one npub: an old backup was restored. New melts and mintings of it are
   * refused until then. @returns how many wallets
   */
  demand(npub: string | null): Promise<number>;
  /** How many wallets `demand` is about, and how many of them are being recovered already. */
  count(npub: string | null): Promise<{ wallets: number; recovering: number }>;
};

/** What became of a wish to have a wallet restored. `WATCHING`: the mint still holds ecash of it in payments. Sums are in its unit. */
export type RestoreView =
  | { status: 'NONE' }
  | ({ startedAt: Date; restored: bigint; restoredProofs: number } & (
      | { status: 'RUNNING' | 'WATCHING' }
      | { status: 'DONE'; endedAt: Date }
    ));

export type RestoreRequestService = {
  /**
   * Has all ecash of a wallet looked for by its seed (NUT-13, NUT-09), and waits for what comes of it. Joins a recovery that is
   * under way. @throws DomainError WALLET_NOT_FOUND; MINT_UNAVAILABLE, MINT_ERROR: nothing was begun
   */
  request(wish: { wallet: WalletName; respondAsync: boolean }): Promise<RestoreView>;
  /** The recovery that is under way, or else the last. @throws DomainError WALLET_NOT_FOUND */
  present(name: WalletName): Promise<RestoreView>;
};

export type Services = {
  wallets: WalletService;
  melts: MeltService;
  mintings: MintingService;
  sends: SendService;
  receives: ReceiveService;
  transactions: TransactionService;
  apiKeys: ApiKeyService;
  signedRequests: SignedRequestService;
  bearerTokens: BearerTokenService;
  rateLimits: RateLimitService;
  reconciling: ReconcileService;
  restores: RestoreRequestService;
  reports: ReportService;
  support: SupportService;
  health: HealthService;
  metrics: MetricsService;
};

import type { Lock, ReceiveOperation, SendOperation } from '../../models/exchange.ts';
import type { WalletName } from '../../models/wallet.ts';
import type { IdempotencyKey, KeyBudget, Outcome, OwnersNotes } from '../contracts.ts';

export type SendRequest = OwnersNotes & {
  wallet: WalletName;
  /** What the token is worth. */
  amount: bigint;
  /** Null for a token that whoever has it may spend. */
  lock: Lock | null;
  respondAsync: boolean;
  idempotency: IdempotencyKey | undefined;
  /** Null where the caller has no budget to keep to. */
  budget: KeyBudget | null;
  /** Asked again just before ecash is reserved. @throws DomainError UNAUTHENTICATED */
  stillAllowed: () => Promise<void>;
  requestId: string;
};

export type ReclaimRequest = {
  wallet: WalletName;
  transactionId: string;
  respondAsync: boolean;
  idempotency: IdempotencyKey | undefined;
  budget: KeyBudget | null;
  requestId: string;
};

export type SendService = {
  /**
   * Makes a token of the wallet's ecash. Resolves with an operation that is `sent` (200), or still open (202).
   * @throws DomainError every refusal of docs/api; SEND_FAILED when it ended without a token
   */
  send(request: SendRequest): Promise<Outcome<SendOperation>>;
  /** With the token itself: not for a key with a budget, unless it has sent it. @throws DomainError TRANSACTION_NOT_FOUND */
  status(name: WalletName, transactionId: string, budget: KeyBudget | null): Promise<SendOperation>;
  /**
   * Brings a token home that nobody has claimed. Resolves with an operation that is `reclaimed` (200), or still open (202).
   * @throws DomainError TRANSACTION_NOT_FOUND, TOKEN_CLAIMED, TOKEN_LOCKED, TOKEN_PENDING, RECLAIM_FAILED
   */
  reclaim(request: ReclaimRequest): Promise<Outcome<SendOperation>>;
};

export type ReceiveRequest = OwnersNotes & {
  wallet: WalletName;
  encodedToken: string;
  respondAsync: boolean;
  idempotency: IdempotencyKey | undefined;
  requestId: string;
};

export type ReceiveService = {
  /**
   * Exchanges somebody else's token for ecash that this wallet alone knows. Resolves with an operation that is `received`
   * (200), or still open (202). @throws DomainError every refusal of docs/api; nothing was received then
   */
  receive(request: ReceiveRequest): Promise<Outcome<ReceiveOperation>>;
};

import { redactText } from '../redaction.ts';
import type { BackendTrouble } from './backendTrouble.ts';
import type { Severity } from './report.ts';

/** Every code that a client can meet. HTTP statuses live in middleware alone. */
export type ErrorCode =
  | 'VALIDATION_ERROR'
  | 'INVALID_INVOICE'
  | 'INVOICE_EXPIRED'
  | 'AMOUNT_REQUIRED'
  | 'UNSUPPORTED_NETWORK'
  | 'INSUFFICIENT_BALANCE'
  | 'FEE_TOO_HIGH'
  | 'PROOF_STATE_INCONSISTENCY'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BUDGET_EXCEEDED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'WALLET_NOT_FOUND'
  | 'TRANSACTION_NOT_FOUND'
  | 'QUOTE_NOT_FOUND'
  | 'REPORT_NOT_FOUND'
  | 'DECISION_NOT_POSSIBLE'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'MELT_BLOCKED_BY_RECONCILIATION'
  | 'DUPLICATE_PAYMENT'
  | 'CONCURRENT_OPERATION'
  | 'IDEMPOTENCY_CONFLICT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAYMENT_FAILED'
  | 'TOKEN_INVALID'
  | 'TOKEN_SPENT'
  | 'TOKEN_PARTLY_SPENT'
  | 'TOKEN_PENDING'
  | 'TOKEN_LOCKED'
  | 'TOKEN_ALREADY_HELD'
  | 'TOKEN_CLAIMED'
  | 'SEND_FAILED'
  | 'RECLAIM_FAILED'
  | 'RECEIVE_FAILED'
  | 'RATE_LIMITED'
  | 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS'
  | 'CRITICAL_MELT_FAILURE'
  | 'CRITICAL_SEND_FAILURE'
  | 'CRITICAL_RECEIVE_FAILURE'
  | 'INTERNAL_ERROR'
  | 'MINT_ERROR'
  | 'MINT_UNAVAILABLE'
  | 'DATABASE_UNAVAILABLE'
  | 'SHUTTING_DOWN';

/** JSON that may stand in an error body: never a secret, a stack, a path or a driver's message. */
export type PublicValue = string | number | boolean | null | PublicValue[] | { [name: string]: PublicValue };

/**
 * A refusal or failure that the person at the other end should understand: `message` says what happened, whether money
 * moved and what to do next. `members` are added to the error body; `cause` is for our log alone.
 */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly retryable: boolean;
  readonly members: Readonly<Record<string, PublicValue>>;
  /** Ids that an error report is filed under; they need not stand in the body. */
  readonly about: {
    npub?: string;
    walletId?: string;
    transactionId?: string;
    quoteId?: string;
    /** What the mint's words told of its backend. */
    backendTrouble?: BackendTrouble;
  };
  /** What an earlier request under the same idempotency key has come to, told again. */
  readonly replayed: boolean;

  constructor(
    code: ErrorCode,
    severity: Severity,
    message: string,
    options: {
      retryable?: boolean;
      members?: Record<string, PublicValue>;
      about?: DomainError['about'];
      replayed?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.severity = severity;
    this.retryable = options.retryable ?? false;
    this.members = options.members ?? {};
    this.about = options.about ?? {};
    this.replayed = options.replayed ?? false;
  }
}

export type FieldProblem = { field: string; message: string };

/** 400 for a body, path or query that is not of the documented shape. */
export function validationError(problems: FieldProblem[]): DomainError {
  // A field's name is the caller's own word, and may be anything.
  const details = problems.map(({ field, message }) => ({
    field: redactText(field),
    message: redactText(message),
  }));
  const first = details[0];
  const what = first ? `${first.field}: ${first.message}` : 'the request is malformed';
  return new DomainError('VALIDATION_ERROR', 'LOW', `Nothing was done: ${what}.`, { members: { details } });
}

/** The database could not be reached, or did not confirm; nothing more is sent to a mint after this. */
export function databaseUnavailable(cause: unknown): DomainError {
  return new DomainError(
    'DATABASE_UNAVAILABLE',
    'HIGH',
    'The database did not answer. No payment was started, and none will be for this request. Try again shortly.',
    { retryable: true, cause },
  );
}

/** An assertion about money or state did not hold. Never expected; always reported. */
export class InvariantBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantBroken';
  }
}

/** The database holds documents of the earlier design: no server runs on it until `crucible migrate` has. */
export class StoreNotMigrated extends Error {
  constructor(collection: string) {
    super(
      `The database holds documents of an earlier design (in "${collection}"). Nothing was changed. Make a backup, stop every server on it and run: crucible migrate --dry-run, then crucible migrate (docs/migration.md).`,
    );
    this.name = 'StoreNotMigrated';
  }
}

/** Data keys are sealed by a master key that is not configured: nothing could be read, and nothing is written. */
export class WrongMasterKey extends Error {
  /** @param id of the missing key, as sealed records name it */
  constructor(id: string) {
    super(
      `The database holds keys that were sealed by a master key (id ${id}) which is neither CRUCIBLE_MASTER_KEY nor in CRUCIBLE_MASTER_KEY_PREVIOUS. Nothing was changed. Add that key to CRUCIBLE_MASTER_KEY_PREVIOUS (docs/master-key.md).`,
    );
    this.name = 'WrongMasterKey';
  }
}

/** Asserts what must hold before a write and after a read. @throws InvariantBroken */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantBroken(message);
}

import { DomainError, type ErrorCode, InvariantBroken } from '../../models/errors.ts';
import type { MeltOperation } from '../../models/operation.ts';
import type { Severity } from '../../models/report.ts';
import { isDatabaseAway, isOutcomeUnknown, isWriteConflict } from '../databaseFaults.ts';
import type { Refusal } from '../mint/replies.ts';
import { adviceFor, causeOf, type Failure, presentableDetail } from './failure.ts';
import { isStoppedUnswapped } from './incidents.ts';
import { hasLostTime } from './lostTime.ts';

/** The refusals and failures of a melt, in words that say what happened, whether money moved and what to do. */

export function insufficientBalance(required: bigint, available: bigint, unit: string): DomainError {
  const short = `The wallet holds ${available} ${unit} spendable, and this payment needs ${required} ${unit} with fees. Nothing was paid; add funds, or pay a smaller invoice.`;
  // Enough in sum, and no choice of so many proofs as one request takes adds up to it.
  const scattered = `The wallet’s ${available} ${unit} are in too many small proofs for this payment, which needs ${required} ${unit} with fees. Nothing was paid; pay a smaller invoice.`;
  return new DomainError('INSUFFICIENT_BALANCE', 'LOW', available < required ? short : scattered, {
    members: { required: Number(required), available: Number(available) },
  });
}

export function concurrentOperation(): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    'The wallet holds enough, but operations in flight have reserved it. Nothing was paid; try again when they have ended.',
    { retryable: true },
  );
}

export function tooManyOpen(most: number): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    `The wallet has ${most} payments open at once, which is the most that this server allows. Nothing was paid and no money moved; try again when one of them has ended.`,
    { retryable: true },
  );
}

/** All three in sat. */
export function budgetExceeded(budget: bigint, spentToday: bigint, required: bigint): DomainError {
  const advice =
    required <= budget
      ? 'Try again when payments under way have ended, or after midnight UTC; or use another key'
      : 'Pay a smaller invoice, or use another key';
  return new DomainError(
    'BUDGET_EXCEEDED',
    'LOW',
    `This key may spend ${budget} sat a day, of which ${spentToday} are spent or reserved, and this payment may take ${required} with fees. Nothing was paid. ${advice}.`,
    {
      members: { budget: Number(budget), spentToday: Number(spentToday), required: Number(required) },
      retryable: required <= budget,
    },
  );
}

export function budgetOfAnotherUnit(unit: string): DomainError {
  return new DomainError(
    'FORBIDDEN',
    'LOW',
    `Nothing was done: this key has a budget in sat, and this wallet is in ${unit}. Use a key without a budget, or ask the operator for one.`,
  );
}

export function duplicatePayment(transactionId: string): DomainError {
  return new DomainError(
    'DUPLICATE_PAYMENT',
    'MEDIUM',
    `This wallet is paying, or has paid, this invoice already in ${transactionId}. Nothing more was paid; look at that transaction.`,
    { members: { transactionId } },
  );
}

export function idempotencyKeyReused(): DomainError {
  return new DomainError(
    'IDEMPOTENCY_KEY_REUSED',
    'LOW',
    'This Idempotency-Key was used for another request body. Nothing was done; use a new key for a new request.',
  );
}

export function idempotencyConflict(): DomainError {
  return new DomainError(
    'IDEMPOTENCY_CONFLICT',
    'LOW',
    'The first request with this Idempotency-Key is still running. Nothing more was started; ask again shortly.',
    { retryable: true },
  );
}

/** The mint refused to quote: it will not pay this invoice. Nothing had been reserved. */
export function refusedByMint({ code, detail }: Refusal): DomainError {
  const cause = causeOf(code, detail);
  return new DomainError(
    'PAYMENT_FAILED',
    'MEDIUM',
    `The mint will not pay this invoice. Nothing was reserved and no money moved. ${adviceFor({ cause, detail })}`,
    { members: { released: 0, ...causeMembers({ cause, detail }) } },
  );
}

/** The operation ended without paying, and the funds can no longer pay this invoice. */
export function paymentFailed(operation: MeltOperation, { replayed }: { replayed: boolean }): DomainError {
  const { quote, id, state, unit } = operation;
  // What was cancelled never left the house: nothing had to be brought back, all of it is free again.
  const released = state === 'cancelled' ? operation.sourceAmount : (operation.releasedAmount ?? 0n);
  const failure = operation.failure ?? { cause: 'NOT_STARTED', detail: null };
  return new DomainError(
    'PAYMENT_FAILED',
    'MEDIUM',
    `The invoice was not paid, and these funds can no longer pay it. ${released} ${unit} are back in the wallet. ${adviceFor(failure)} A new try takes a new Idempotency-Key.`,
    {
      members: {
        transactionId: id,
        quoteId: quote.id,
        released: Number(released),
        ...causeMembers(failure),
      },
      about: aboutOf(operation),
      replayed,
    },
  );
}

function causeMembers({ cause, detail }: Failure): { cause: string; causeDetail?: string } {
  const causeDetail = presentableDetail(detail);
  return { cause, ...(causeDetail === null ? {} : { causeDetail }) };
}

/** The run broke off before the melt request left; only this run could have sent it, and it is over. */
export function neverSent(operation: MeltOperation, cause: unknown): DomainError {
  const { code, severity, what, funds } = troubleBehind(cause);
  return new DomainError(
    code,
    severity,
    `${what}. The payment was not sent, and it will not be. The funds set aside for it ${funds}; then try again.`,
    { retryable: true, members: { transactionId: operation.id }, about: aboutOf(operation), cause },
  );
}

const whatStoppedIt: { [Code in ErrorCode]?: string } = {
  MINT_ERROR: 'The mint answers nonsense',
  MINT_UNAVAILABLE: 'The mint stopped answering',
  MELT_BLOCKED_BY_RECONCILIATION:
    'The wallet’s books were found to be behind its mint, and are being put right from its seed',
};

export type Trouble = { code: ErrorCode; severity: Severity; what: string; funds: string };

/** What broke a request off before its operation had left. */
export function troubleBehind(cause: unknown): Trouble {
  const funds = 'come back by themselves within a few minutes';
  if (cause instanceof DomainError) {
    const what = whatStoppedIt[cause.code] ?? 'The payment could not go on';
    return { code: cause.code, severity: cause.severity, what, funds };
  }
  if (isDatabaseAway(cause) || isOutcomeUnknown(cause))
    return { code: 'DATABASE_UNAVAILABLE', severity: 'HIGH', what: 'The database stopped answering', funds };
  if (isWriteConflict(cause))
    return { code: 'DATABASE_UNAVAILABLE', severity: 'HIGH', what: 'The database is too busy', funds };
  return {
    code: 'INTERNAL_ERROR',
    severity: cause instanceof InvariantBroken ? 'CRITICAL' : 'HIGH',
    what: 'Something went wrong inside the server, and support has been told',
    funds: 'may stay reserved until support has looked into it',
  };
}

/** The mint paid, and the database would not take it: recovery will book it. */
export function paidNotBooked(operation: MeltOperation, cause: unknown): DomainError {
  return critical(
    operation,
    'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
    `CRITICAL: the Lightning payment succeeded, but the wallet’s books could not be updated yet. Do not pay again. The server completes it by itself as soon as the database answers; keep quote ${operation.quote.id} at hand.`,
    { cause },
  );
}

/** A person must decide: what the mint says can neither book nor free it. Nobody but its creator ever sends a payment. */
export function stopped(operation: MeltOperation, { replayed }: { replayed: boolean }): DomainError {
  const { id } = operation.quote;
  if (operation.state === 'written_off') {
    const message = `CRITICAL: the payment was stopped by a safety check, and support has written it off. Whether it was paid is not settled; do not pay again. What was proven to be the wallet's is back in it. Contact support with quote ${id}.`;
    return critical(operation, 'CRITICAL_MELT_FAILURE', message, { replayed });
  }
  const message = isSurelyUnsent(operation)
    ? `CRITICAL: the payment was stopped by a safety check before it was sent. No payment was sent for this invoice, and none will be. The funds set aside for it stay reserved until support has looked into it. Contact support with quote ${id}.`
    : `CRITICAL: the payment was stopped by a safety check after the mint had been asked. Whether it was paid is not settled; do not pay again. Contact support with quote ${id}.`;
  return critical(operation, 'CRITICAL_MELT_FAILURE', message, { replayed });
}

/**
 * Its ecash was not even swapped, by the mint's own word. That these books know of no melt request proves nothing: they may
 * have been restored from before it was paid.
 */
function isSurelyUnsent(operation: MeltOperation): boolean {
  return isStoppedUnswapped(operation) && !hasLostTime(operation);
}

function critical(
  operation: MeltOperation,
  code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' | 'CRITICAL_MELT_FAILURE',
  message: string,
  more: { cause?: unknown; replayed?: boolean },
): DomainError {
  const statusUrl = `/api/wallet/${operation.npub}/melt/${operation.id}`;
  return new DomainError(code, 'CRITICAL', message, {
    members: {
      requiresManualIntervention: true,
      quoteId: operation.quote.id,
      transactionId: operation.id,
      recovery: { state: code === 'CRITICAL_MELT_FAILURE' ? 'manual' : 'scheduled', statusUrl },
    },
    about: aboutOf(operation),
    ...more,
  });
}

function aboutOf(operation: MeltOperation): DomainError['about'] {
  return {
    npub: operation.npub,
    walletId: operation.walletId,
    transactionId: operation.id,
    quoteId: operation.quote.id,
  };
}

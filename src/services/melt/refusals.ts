import { DomainError } from '../../models/errors.ts';
import type { MeltOperation } from '../../models/operation.ts';
import type { Refusal } from '../mint/replies.ts';
import { causeOf } from './failure.ts';

/** The refusals and failures of a melt, in words that say what happened, whether money moved and what to do. */

export function insufficientBalance(required: bigint, available: bigint): DomainError {
  return new DomainError(
    'INSUFFICIENT_BALANCE',
    'LOW',
    `The wallet holds ${available} spendable, and this payment needs ${required} with fees. Nothing was paid.`,
    { members: { required: Number(required), available: Number(available) } },
  );
}

export function concurrentOperation(): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    'The wallet holds enough, but operations in flight have reserved it. Nothing was paid; try again when they have ended.',
    { retryable: true },
  );
}

export function feeTooHigh(cost: bigint, cap: bigint): DomainError {
  return new DomainError(
    'FEE_TOO_HIGH',
    'LOW',
    `Paying this invoice may cost up to ${cost} in fees, and the limit is ${cap}. Nothing was paid; raise maxFee or use another invoice.`,
    { members: { fee: Number(cost), limit: Number(cap) } },
  );
}

export function duplicatePayment(transactionId: string): DomainError {
  return new DomainError(
    'DUPLICATE_PAYMENT',
    'MEDIUM',
    `This wallet is paying, or has paid, this invoice already in ${transactionId}. Nothing more was paid; ask that transaction.`,
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
  return new DomainError(
    'PAYMENT_FAILED',
    'MEDIUM',
    'The mint will not pay this invoice. Nothing was reserved and no money moved.',
    {
      members: {
        released: 0,
        cause: causeOf(code, detail),
        ...(detail === null ? {} : { causeDetail: detail }),
      },
    },
  );
}

/** The operation ended without paying, and the funds can no longer pay this invoice. */
export function paymentFailed(operation: MeltOperation): DomainError {
  const released = operation.releasedAmount ?? 0n;
  const { failure, quote, id } = operation;
  return new DomainError(
    'PAYMENT_FAILED',
    'MEDIUM',
    `The invoice was not paid, and these funds can no longer pay it. ${released} ${operation.unit} are back in the wallet.`,
    {
      members: {
        transactionId: id,
        quoteId: quote.id,
        released: Number(released),
        ...(failure === null ? {} : { cause: failure.cause }),
        ...(failure?.detail ? { causeDetail: failure.detail } : {}),
      },
      about: aboutOf(operation),
    },
  );
}

/** The run broke off before the melt request left; only this run could have sent it, and it is over. */
export function neverSent(operation: MeltOperation, cause: unknown): DomainError {
  const mintSilent = cause instanceof DomainError;
  return new DomainError(
    mintSilent ? cause.code : 'DATABASE_UNAVAILABLE',
    mintSilent ? cause.severity : 'HIGH',
    `${mintSilent ? 'The mint' : 'The database'} stopped answering. The payment was not sent, and it will not be. The funds set aside for it come back by themselves within a few minutes; then try again.`,
    { retryable: true, members: { transactionId: operation.id }, about: aboutOf(operation), cause },
  );
}

/** The mint paid, and the database would not take it: recovery will book it. */
export function paidNotBooked(operation: MeltOperation, cause: unknown): DomainError {
  return critical(
    operation,
    'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
    `CRITICAL: the Lightning payment succeeded, but the wallet’s books could not be updated yet. Do not pay again. The server completes it by itself as soon as the database answers; keep quote ${operation.quote.id} at hand.`,
    cause,
  );
}

/** An invariant broke after the mint was asked: a person must decide. */
export function stopped(operation: MeltOperation): DomainError {
  return critical(
    operation,
    'CRITICAL_MELT_FAILURE',
    `CRITICAL: the payment was stopped by a safety check after the mint had been asked. Whether it was paid is not settled; do not pay again. Contact support with quote ${operation.quote.id}.`,
    undefined,
  );
}

function critical(
  operation: MeltOperation,
  code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' | 'CRITICAL_MELT_FAILURE',
  message: string,
  cause: unknown,
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
    cause,
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

import { invariant } from '../models/errors.ts';
import type { AtomicResult, MeltOperation } from '../models/operation.ts';
import type { MeltQuoteView } from '../services/contracts.ts';
import { statuses } from '../services/transactions/status.ts';
import { toJsonAmount, toJsonSum } from './amounts.ts';
import { toUnixSeconds } from './presentMinting.ts';
import { presentTimeline } from './presentTimeline.ts';

export type MeltStatus = 'PENDING' | 'PAID' | 'FAILED' | 'NEEDS_ATTENTION';

export function presentMeltQuote(quote: MeltQuoteView) {
  return {
    success: true,
    quoteId: quote.quoteId,
    amount: toJsonAmount(quote.amount),
    feeReserve: toJsonAmount(quote.feeReserve),
    inputFee: toJsonSum(quote.inputFee),
    total: toJsonSum(quote.total),
    expiry: toUnixSeconds(quote.expiry),
  };
}

/** Where to ask how a melt is going. */
export const statusUrlOf = (operation: Pick<MeltOperation, 'id' | 'npub'>): string =>
  `/api/wallet/${operation.npub}/melt/${operation.id}`;

/**
 * The answer to a melt request: 200 once the mint has paid, 202 while nobody can know.
 * @throws InvariantBroken for a melt that ended without paying: the service throws PAYMENT_FAILED for those
 */
export function presentMelt(operation: MeltOperation, now: Date) {
  const status = meltStatus(operation);
  invariant(status !== 'FAILED', 'a melt that ended without paying was presented as an answer');
  if (status === 'PAID') return { status: 200, body: { success: true, ...paidFields(operation, now) } };
  const body = {
    success: true,
    transactionId: operation.id,
    paymentResult: 'PENDING',
    quoteId: operation.quote.id,
    statusUrl: statusUrlOf(operation),
  };
  return { status: 202, body };
}

/** The present state of a melt, with what is known so far and how it came to be. */
export function presentMeltStatus(operation: MeltOperation, now: Date) {
  const status = meltStatus(operation);
  return {
    success: true,
    transactionId: operation.id,
    status,
    state: operation.state,
    quoteId: operation.quote.id,
    ...knownFields(operation, status, now),
    operationDuration: durationMs(operation, now),
    timeline: presentTimeline(operation.timeline),
  };
}

function knownFields(operation: MeltOperation, status: MeltStatus, now: Date) {
  if (operation.payment !== null) return { ...paidFields(operation, now), ...missingFields(operation) };
  if (status === 'FAILED') return { paymentResult: 'FAILED', ...failureFields(operation) };
  if (status === 'NEEDS_ATTENTION') return { ...failureFields(operation), ...missingFields(operation) };
  return { paymentResult: 'PENDING' };
}

const meltStatus = ({ state }: MeltOperation): MeltStatus => statuses.melt[state];

/** What the seed calls the melt response. Fees and change are provisional while `changePending`. */
function paidFields(operation: MeltOperation, now: Date) {
  const { payment, quote } = operation;
  invariant(payment !== null, 'a paid melt has no payment');
  const { keep, meltChange } = changeOf(operation);
  const feesPaid = operation.sourceAmount - quote.amount - keep - meltChange;
  return {
    transactionId: operation.id,
    paymentResult: 'PAID',
    paidAmount: toJsonAmount(quote.amount),
    feesPaid: toJsonSum(feesPaid),
    changeAmount: toJsonSum(keep + meltChange),
    quoteId: quote.id,
    preimage: payment.preimage,
    preimageVerified: payment.preimageVerified,
    changePending: operation.state !== 'settled',
    atomicResult:
      operation.atomicResult === null ? null : presentAtomicResult(operation.id, operation.atomicResult),
    operationDuration: durationMs(operation, now),
  };
}

/** What came back: as booked, or, before the booking, what the swap has put aside. */
function changeOf({ state, atomicResult, swap }: MeltOperation): { keep: bigint; meltChange: bigint } {
  invariant(state !== 'settled' || atomicResult !== null, 'a settled melt was never booked');
  if (atomicResult !== null)
    return { keep: atomicResult.keepAmount, meltChange: atomicResult.meltChangeAmount };
  return { keep: swap === null ? 0n : swap.keepAmount, meltChange: 0n };
}

function presentAtomicResult(transactionId: string, result: AtomicResult) {
  return {
    success: true,
    transaction_id: transactionId,
    source_tokens_spent: result.sourceTokensSpent,
    keep_token_id: result.keepTokenId,
    keep_amount: toJsonSum(result.keepAmount),
    melt_change_token_id: result.meltChangeTokenId,
    melt_change_amount: toJsonSum(result.meltChangeAmount),
    operations: [
      ...booked('keep_change', result.keepTokenId, result.keepAmount, result.keepProofCount),
      ...booked(
        'melt_change',
        result.meltChangeTokenId,
        result.meltChangeAmount,
        result.meltChangeProofCount,
      ),
    ],
  };
}

function booked(
  type: 'keep_change' | 'melt_change',
  tokenId: string | null,
  amount: bigint,
  proofCount: number,
) {
  return tokenId === null
    ? []
    : [{ type, token_id: tokenId, amount: toJsonSum(amount), proof_count: proofCount }];
}

/** A cancelled melt never left the house: all that it had reserved is free again. Else bringing it home may have cost fees. */
function failureFields({ state, failure, releasedAmount, sourceAmount }: MeltOperation) {
  const released = state === 'cancelled' ? sourceAmount : releasedAmount;
  // What became of the rest of an operation that a recovery has ended is for the recovery to find; of one written off, nobody knows.
  const isAllKnown =
    released !== null && failure?.cause !== 'STORE_BEHIND_MINT' && failure?.cause !== 'WRITTEN_OFF';
  return {
    ...(released === null ? {} : { released: toJsonSum(released) }),
    ...(isAllKnown ? { feesPaid: toJsonSum(sourceAmount - released) } : {}),
    ...(failure === null ? {} : { cause: failure.cause }),
  };
}

function missingFields({ missingAmount }: MeltOperation) {
  return missingAmount === null ? {} : { missing: toJsonSum(missingAmount) };
}

function durationMs({ createdAt, finishedAt }: MeltOperation, now: Date): number {
  return Math.max(0, (finishedAt ?? now).getTime() - createdAt.getTime());
}

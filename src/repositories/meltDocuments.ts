import {
  enteredStateAt,
  type MeltDetails,
  type MeltOperation,
  type MeltProofs,
  type MintingDetails,
  type MintingOperation,
} from '../models/operation.ts';

/** Melts and mintings as they are stored: what may be read, and, apart from it, what is sealed. */

export function meltParts(operation: MeltOperation): { details: MeltDetails; proofs: MeltProofs } {
  const { inputs, held, change } = operation;
  const details: MeltDetails = {
    invoice: operation.invoice,
    paymentHash: operation.paymentHash,
    quote: operation.quote,
    sourceTokenIds: operation.sourceTokenIds,
    sourceAmount: operation.sourceAmount,
    swap: operation.swap,
    meltInputFee: operation.meltInputFee,
    bookedEarly: operation.bookedEarly,
    payment: operation.payment,
    changeComplete: operation.changeComplete,
    failure: operation.failure,
    releasedAmount: operation.releasedAmount,
    missingAmount: operation.missingAmount,
    atomicResult: operation.atomicResult,
    unpaidSightings: operation.unpaidSightings,
    partlySince: operation.partlySince,
    partlySeenAt: operation.partlySeenAt,
    doubtedSince: operation.doubtedSince,
    doubtedSeenAt: operation.doubtedSeenAt,
    unverifiedSince: operation.unverifiedSince,
    unverifiedSeenAt: operation.unverifiedSeenAt,
    swapRefused: operation.swapRefused,
    fenceDecidedAt: operation.fenceDecidedAt,
    feeCap: operation.feeCap,
    answerBy: operation.answerBy,
    idempotencyId: operation.idempotencyId,
    budget: operation.budget,
    finishedAt: operation.finishedAt,
  };
  return { details, proofs: { inputs, held, change } };
}

export function mintingDetails(operation: MintingOperation): MintingDetails {
  return {
    quoteId: operation.quoteId,
    invoice: operation.invoice,
    amount: operation.amount,
    expiry: operation.expiry,
    tokenId: operation.tokenId,
    quotePubkey: operation.quotePubkey,
    paidSince: operation.paidSince,
    unverified: operation.unverified,
    idempotencyId: operation.idempotencyId,
  };
}

export function mintingDetailsFrom(
  stored: MintingDetails,
  of: Pick<MintingOperation, 'state' | 'timeline' | 'updatedAt'>,
): MintingDetails {
  return {
    ...stored,
    amount: BigInt(stored.amount),
    // Operations of earlier versions lack these.
    paidSince: stored.paidSince ?? (of.state === 'issuing' ? enteredStateAt(of) : null),
    unverified: stored.unverified ?? null,
  };
}

/** The driver gives 64-bit integers back as numbers; inside, money is bigint. */
export function meltDetailsFrom(stored: MeltDetails): MeltDetails {
  const { quote, swap, atomicResult, releasedAmount, missingAmount, budget } = stored;
  return {
    ...stored,
    quote: { ...quote, amount: BigInt(quote.amount), feeReserve: BigInt(quote.feeReserve) },
    sourceAmount: BigInt(stored.sourceAmount),
    swap: swap && {
      sendAmount: BigInt(swap.sendAmount),
      keepAmount: BigInt(swap.keepAmount),
      fee: BigInt(swap.fee),
    },
    meltInputFee: BigInt(stored.meltInputFee),
    // Operations of earlier versions lack these.
    partlySeenAt: stored.partlySeenAt ?? null,
    doubtedSince: stored.doubtedSince ?? null,
    doubtedSeenAt: stored.doubtedSeenAt ?? null,
    unverifiedSince: stored.unverifiedSince ?? null,
    unverifiedSeenAt: stored.unverifiedSeenAt ?? null,
    swapRefused: stored.swapRefused ?? null,
    fenceDecidedAt: stored.fenceDecidedAt ?? null,
    feeCap: BigInt(stored.feeCap),
    releasedAmount: releasedAmount === null ? null : BigInt(releasedAmount),
    missingAmount: missingAmount === null ? null : BigInt(missingAmount),
    atomicResult: atomicResult && {
      ...atomicResult,
      keepAmount: BigInt(atomicResult.keepAmount),
      meltChangeAmount: BigInt(atomicResult.meltChangeAmount),
    },
    // Absent in operations that are older than budgets.
    budget: budget ? { ...budget, limit: BigInt(budget.limit), reserved: BigInt(budget.reserved) } : null,
  };
}

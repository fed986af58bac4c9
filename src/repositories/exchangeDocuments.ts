import type {
  ReceiveDetails,
  ReceiveOperation,
  ReceiveProofs,
  SendDetails,
  SendOperation,
  SendProofs,
} from '../models/exchange.ts';
import type { UpkeepDetails, UpkeepOperation, UpkeepProofs } from '../models/upkeep.ts';

/** Sends, receives and upkeeps as they are stored: what may be read, and, apart from it, what is sealed. */

export function sendParts(operation: SendOperation): { details: SendDetails; proofs: SendProofs } {
  const { inputs, token, reclaiming } = operation;
  return {
    proofs: { inputs, token, reclaiming },
    details: {
      amount: operation.amount,
      sourceTokenIds: operation.sourceTokenIds,
      sourceAmount: operation.sourceAmount,
      keepAmount: operation.keepAmount,
      fee: operation.fee,
      lock: operation.lock,
      booked: operation.booked,
      tokenId: operation.tokenId,
      keepTokenId: operation.keepTokenId,
      spentAmount: operation.spentAmount,
      reclaimedAmount: operation.reclaimedAmount,
      reclaimTokenId: operation.reclaimTokenId,
      gone: operation.gone,
      unverified: operation.unverified,
      refused: operation.refused,
      failure: operation.failure,
      answerBy: operation.answerBy,
      idempotencyId: operation.idempotencyId,
      budget: operation.budget,
      finishedAt: operation.finishedAt,
    },
  };
}

export function receiveParts(operation: ReceiveOperation): {
  details: ReceiveDetails;
  proofs: ReceiveProofs;
} {
  return {
    proofs: { inputs: operation.inputs },
    details: {
      tokenHash: operation.tokenHash,
      amount: operation.amount,
      fee: operation.fee,
      tokenId: operation.tokenId,
      spentAmount: operation.spentAmount,
      gone: operation.gone,
      unverified: operation.unverified,
      refused: operation.refused,
      failure: operation.failure,
      answerBy: operation.answerBy,
      idempotencyId: operation.idempotencyId,
      finishedAt: operation.finishedAt,
    },
  };
}

export function upkeepParts(operation: UpkeepOperation): { details: UpkeepDetails; proofs: UpkeepProofs } {
  return {
    proofs: { inputs: operation.inputs },
    details: {
      upkeepReason: operation.upkeepReason,
      amount: operation.amount,
      sourceTokenIds: operation.sourceTokenIds,
      fee: operation.fee,
      tokenId: operation.tokenId,
      gone: operation.gone,
      unverified: operation.unverified,
      refused: operation.refused,
      failure: operation.failure,
      finishedAt: operation.finishedAt,
    },
  };
}

/** The driver gives 64-bit integers back as numbers; inside, money is bigint. */
export function sendDetailsFrom(stored: SendDetails): SendDetails {
  const { reclaimedAmount, budget } = stored;
  return {
    ...stored,
    amount: BigInt(stored.amount),
    sourceAmount: BigInt(stored.sourceAmount),
    keepAmount: BigInt(stored.keepAmount),
    fee: BigInt(stored.fee),
    spentAmount: BigInt(stored.spentAmount),
    reclaimedAmount: reclaimedAmount === null ? null : BigInt(reclaimedAmount),
    budget: budget && { ...budget, limit: BigInt(budget.limit), reserved: BigInt(budget.reserved) },
  };
}

export function receiveDetailsFrom(stored: ReceiveDetails): ReceiveDetails {
  return {
    ...stored,
    amount: BigInt(stored.amount),
    fee: BigInt(stored.fee),
    spentAmount: BigInt(stored.spentAmount),
  };
}

export function upkeepDetailsFrom(stored: UpkeepDetails): UpkeepDetails {
  return { ...stored, amount: BigInt(stored.amount), fee: BigInt(stored.fee) };
}

import type { MintingOperation, MintingState } from '../models/operation.ts';
import { toJsonAmount } from './amounts.ts';
import { transactionUrlOf } from './presentTransaction.ts';

/** Times are unix seconds where Cashu counts them so (a quote's expiry), ISO 8601 elsewhere. */
export const toUnixSeconds = (at: Date | null): number | null =>
  at === null ? null : Math.floor(at.getTime() / 1000);

export function presentMintQuote(operation: MintingOperation) {
  return {
    success: true,
    quote: operation.quoteId,
    invoice: operation.invoice,
    amount: toJsonAmount(operation.amount),
    transactionId: operation.id,
    expiry: toUnixSeconds(operation.expiry),
    mintUrl: operation.mintUrl,
  };
}

const waitingStatus: Record<Exclude<MintingState, 'issued'>, string> = {
  awaiting_payment: 'UNPAID',
  expired: 'UNPAID',
  issuing: 'PAID',
  needs_attention: 'NEEDS_ATTENTION',
  written_off: 'NEEDS_ATTENTION',
};

/** 200 once the ecash is credited; until then 202, saying how far it is. */
export function presentMinting(operation: MintingOperation) {
  const { state } = operation;
  if (state !== 'issued') {
    const told = { status: waitingStatus[state], state, transactionId: operation.id };
    return { status: 202, body: { success: true, ...told, statusUrl: transactionUrlOf(operation) } };
  }
  const body = {
    success: true,
    tokenId: operation.tokenId,
    transactionId: operation.id,
    totalAmount: toJsonAmount(operation.amount),
    mintUrl: operation.mintUrl,
  };
  return { status: 200, body };
}

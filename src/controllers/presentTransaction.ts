import type { TransactionService, TransactionView } from '../services/contracts.ts';
import { toJsonAmount, toJsonSum } from './amounts.ts';
import { presentTimeline } from './presentTimeline.ts';

/** Where to ask how an operation of any kind is going. */
export const transactionUrlOf = ({ npub, id }: { npub: string; id: string }): string =>
  `/api/wallet/${npub}/transactions/${id}`;

/** One page of a wallet's history. */
export function presentTransactions(page: Awaited<ReturnType<TransactionService['list']>>) {
  const { transactions, limit, nextCursor } = page;
  return {
    success: true,
    transactions: transactions.map(presentEntry),
    pagination: { limit, nextCursor, hasMore: nextCursor !== null },
  };
}

/** One operation of any kind, with how it came to be what it is. */
export function presentTransaction(transaction: Awaited<ReturnType<TransactionService['get']>>) {
  const { state, timeline } = transaction;
  return {
    success: true,
    ...presentEntry(transaction),
    state,
    timeline: presentTimeline(timeline),
  };
}

function presentEntry(view: TransactionView) {
  const { id, type, status, amount, fee, createdAt, updatedAt, memo, externalId } = view;
  return {
    transactionId: id,
    type,
    status,
    amount: toJsonAmount(amount),
    fee: fee === null ? null : toJsonSum(fee),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    memo,
    externalId,
  };
}

import { DomainError } from '../../models/errors.ts';
import type { MeltOutline, SendOutline, TransactionOutline } from '../../models/transaction.ts';
import type { TransactionListRepository } from '../../repositories/transactionList.ts';
import type { TransactionService, TransactionView, WalletService } from '../contracts.ts';
import { cursorBehind, positionOf } from './cursor.ts';
import { kindsInStates, statusOf, typeOf } from './status.ts';

/** A wallet's history, for its owner: every operation, whatever its kind, and none of its secrets. */
export function createTransactionService(parts: {
  wallets: Pick<WalletService, 'get' | 'holding'>;
  transactionList: TransactionListRepository;
}): TransactionService {
  const { wallets, transactionList } = parts;

  const list: TransactionService['list'] = async (name, { limit, cursor, type, status, externalId }) => {
    const after = cursor === undefined ? null : positionOf(cursor);
    const wallet = await wallets.get(name);
    const among = type === undefined && status === undefined ? null : kindsInStates(type, status);
    // One more than is shown tells whether there is more.
    const filter = { among, externalId: externalId ?? null, after };
    const found = await transactionList.newest(wallet.id, filter, limit + 1);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = found.length > limit;
    return {
      transactions: shown.map(viewOf),
      limit,
      nextCursor: hasMore && last !== undefined ? cursorBehind(last) : null,
    };
  };

  const get: TransactionService['get'] = async (name, transactionId) => {
    const wallet = await wallets.holding(name, { transactionId });
    const story = await transactionList.story(wallet.id, transactionId);
    if (story !== null) return { ...viewOf(story.outline), timeline: story.timeline };
    throw new DomainError(
      'TRANSACTION_NOT_FOUND',
      'LOW',
      'This wallet has no transaction with that id. Nothing was done; check the transactionId.',
    );
  };

  return { list, get };
}

function viewOf(outline: TransactionOutline): TransactionView {
  const { id, kind, state, createdAt, updatedAt, memo, externalId } = outline;
  const amount = state === 'partly_claimed' ? outline.spentAmount : outline.amount;
  const status = statusOf(outline);
  const told = { id, state, amount, createdAt, updatedAt, memo, externalId };
  return { ...told, type: typeOf(kind), status, fee: feeOf(outline) };
}

/** All that left the wallet besides the amount, or, of what failed, all that did not come back; null while nobody knows. */
function feeOf(outline: TransactionOutline): bigint | null {
  switch (outline.kind) {
    case 'melt':
      return meltFee(outline);
    case 'minting':
      return 0n;
    case 'send':
      return sendFee(outline);
    case 'receive':
      return outline.state === 'refused' ? 0n : outline.fee;
  }
}

/** Of what was reclaimed, bringing it home has cost, too. */
function sendFee({ state, amount, fee, spentAmount, reclaimedAmount }: SendOutline): bigint {
  if (state === 'released' || state === 'cancelled') return 0n;
  return reclaimedAmount === null ? fee : fee + (amount - spentAmount - reclaimedAmount);
}

function meltFee(melt: MeltOutline): bigint | null {
  const { state, amount, sourceAmount, change, isPaid, releasedAmount, failureCause } = melt;
  if (isPaid) return sourceAmount - amount - change;
  if (state === 'cancelled') return 0n;
  // What became of the rest of an operation that a recovery has ended is for the recovery to find.
  if (state !== 'released' || releasedAmount === null) return null;
  // What became of the rest is not known, or was not a fee.
  if (failureCause === 'STORE_BEHIND_MINT' || failureCause === 'WRITTEN_OFF') return null;
  return sourceAmount - releasedAmount;
}

import { invariant } from '../models/errors.ts';
import type { AtomicResult, MeltOperation, OperationBase } from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import { draftToken, type TokenOwner, type TokenRepository } from './tokens.ts';
import type { Transaction } from './transaction.ts';

/** What a payment has booked that neither kept nor got anything back, besides how many of its tokens are spent. */
export const nothingKept: Omit<AtomicResult, 'sourceTokensSpent'> = {
  keepTokenId: null,
  keepAmount: 0n,
  keepProofCount: 0,
  meltChangeTokenId: null,
  meltChangeAmount: 0n,
  meltChangeProofCount: 0,
};

/** Sources → spent and keep → token, unless that was done earlier: what comes of it, and what does it in a transaction. */
export function sourcesToBook(
  operation: MeltOperation,
  keepProofs: readonly Proof[],
  at: Date,
): { certain: AtomicResult; book(tokens: TokenRepository, tx: Transaction): Promise<void> } {
  if (operation.bookedEarly) {
    invariant(operation.atomicResult !== null, `${operation.id}: booked early without a result`);
    return { certain: operation.atomicResult, book: async () => undefined };
  }
  const keepAmount = sumAmounts(keepProofs);
  invariant(
    keepAmount === (operation.swap?.keepAmount ?? 0n),
    `${operation.id}: keep differs from what the swap was for`,
  );
  const keep =
    keepProofs.length === 0
      ? null
      : draftToken(ownerOf(operation), {
          transactionType: 'change',
          transactionId: `${operation.id}_keep`,
          proofs: [...keepProofs],
          at,
        });
  const certain = {
    ...nothingKept,
    sourceTokensSpent: operation.sourceTokenIds.length,
    keepTokenId: keep?.id ?? null,
    keepAmount,
    keepProofCount: keepProofs.length,
  };
  return {
    certain,
    async book(tokens, tx) {
      await tokens.spendReserved(tx, operation.walletId, operation.sourceTokenIds, operation.id, at);
      if (keep !== null) await tokens.insert(tx, keep);
    },
  };
}

/** The same at once. */
export async function bookSources(
  tokens: TokenRepository,
  tx: Transaction,
  operation: MeltOperation,
  keepProofs: readonly Proof[],
  at: Date,
): Promise<AtomicResult> {
  const { certain, book } = sourcesToBook(operation, keepProofs, at);
  await book(tokens, tx);
  return certain;
}

/** Gives back what an operation has reserved, all of it. */
export async function freeSources(
  tokens: TokenRepository,
  tx: Transaction,
  { id, walletId, sourceTokenIds }: Pick<MeltOperation, 'id' | 'walletId' | 'sourceTokenIds'>,
): Promise<void> {
  const freed = await tokens.unreserve(tx, walletId, id);
  invariant(freed === sourceTokenIds.length, `${id}: not every source token was reserved`);
}

export function ownerOf({
  npub,
  walletId,
  mintUrl,
  unit,
}: Pick<OperationBase, 'npub' | 'walletId' | 'mintUrl' | 'unit'>): TokenOwner {
  return { npub, walletId, mintUrl, unit };
}

import {
  isFinished,
  type MeltOperation,
  type MeltPayment,
  type MintingOperation,
  type Operation,
} from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { TokenDocument } from '../models/schemas/token.ts';
import type { Wallet } from '../models/wallet.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { operationFrom, readAttempt } from './operationDocuments.ts';
import { type OperationRepository, StaleOperation } from './operations.ts';
import { type TokenOutline, toOutline } from './tokenReads.ts';
import type { TokenRepository } from './tokens.ts';
import { duplicateKeyIndex, isWriteConflict, runTransaction, type Transaction } from './transaction.ts';

export type RecoveredEcashRepository = ReturnType<typeof createRecoveredEcashRepository>;

const maxOperationsRead = 1_000;

/** What a recovery reads of a wallet, and the transactions by which it puts the books right. */
export function createRecoveredEcashRepository(
  database: Pick<Database, 'connection' | 'tokens' | 'operations'>,
  sealers: Sealers,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  /** Operations whose outputs are their own: those that are open, and those that wait for a person. Oldest first. */
  async function unfinished(walletId: string): Promise<Operation[]> {
    const found = await database.operations
      .find({ wallet_id: walletId, $or: [{ open: true }, { state: 'needs_attention' }] })
      .sort({ created_at: 1 })
      .limit(maxOperationsRead)
      .lean<OperationDocument[]>();
    const opener = await sealers.toOpen(walletScope(walletId));
    return found.map((document) => operationFrom(document, opener));
  }

  /**
   * Outputs, by B_, whose proofs went into a melt or a fence that has ended: by these books they are spent for good, though
   * no token says so. A mint that was itself restored from an old backup calls them unspent again.
   */
  async function spentOutputs(walletId: string): Promise<ReadonlySet<string>> {
    const spent = new Set<string>();
    const opener = await sealers.toOpen(walletScope(walletId));
    const ended = database.operations
      .find({ wallet_id: walletId, kind: 'melt', state: { $in: ['settled', 'released'] } })
      .select({ attempts: 1 })
      .lean<Pick<OperationDocument, '_id' | 'attempts'>>()
      .cursor();
    for await (const { _id, attempts } of ended) {
      for (const attempt of attempts) {
        if (attempt.purpose !== 'swap') continue;
        for (const { role, B_ } of readAttempt(attempt, _id, opener).outputs)
          if (role === 'send') spent.add(B_);
      }
    }
    return spent;
  }

  /** Unreserved tokens with proofs that are not known spent, by id, after `afterId`. No secrets. */
  async function believedGood(walletId: string, afterId: string, limit: number): Promise<TokenOutline[]> {
    const found = await database.tokens
      .find({
        _id: { $gt: afterId },
        wallet_id: walletId,
        status: { $in: ['unspent', 'pending'] },
        reserved_by: null,
        'proofs.Y': { $exists: true },
      })
      .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<TokenDocument[]>();
    return found.map(toOutline);
  }

  /**
   * Credits ecash that was found by the wallet's seed, as a token of its own.
   * @returns false where one of the proofs is in a token by now; then nothing was written.
   */
  async function credit(wallet: Wallet, transactionId: string, proofs: readonly Proof[]): Promise<boolean> {
    const { id: walletId, npub, mintUrl, unit } = wallet;
    try {
      await runTransaction(database.connection, async (tx) => {
        const at = now();
        const owner = { npub, walletId, mintUrl, unit };
        await tokens.credit(tx, owner, {
          transactionType: 'received',
          transactionId,
          proofs: [...proofs],
          at,
        });
        const details = {
          amount: sumAmounts(proofs),
          proofs: proofs.map(({ Y, amount }) => ({ Y, amount })),
        };
        await audit.append({ walletId, npub, transactionId, event: 'wallet.restored', details, at }, tx);
      });
      return true;
    } catch (error) {
      if (duplicateKeyIndex(error) !== null || isWriteConflict(error)) return false;
      throw error;
    }
  }

  /**
   * Ends a melt whose ecash is gone at the mint by requests that these books do not know: paid, where the mint says so,
   * else never to be paid by these funds. Its sources are free, for the recovery to compare with the mint like all others;
   * what came of them is found by the seed. @throws StaleOperation
   */
  async function closeMelt(operation: MeltOperation, payment: MeltPayment | null): Promise<void> {
    await runTransaction(database.connection, async (tx) => {
      const current = await demandUnchanged(operation, tx);
      if (current.kind !== 'melt') throw new StaleOperation(operation.id);
      const at = now();
      await tokens.unreserve(tx, current.walletId, current.id);
      const booked = current.atomicResult ?? {
        ...nothingBooked,
        sourceTokensSpent: current.sourceTokenIds.length,
      };
      const ending =
        payment === null
          ? {
              state: 'released' as const,
              releasedAmount: booked.keepAmount,
              failure: { cause: 'STORE_BEHIND_MINT', detail: null },
            }
          : {
              state: 'settled' as const,
              payment,
              atomicResult: booked,
              bookedEarly: true,
              change: [],
              changeComplete: true,
            };
      const event = 'ended by what the mint says: the books had fallen behind it';
      await operations.transition(current, { ...ending, finishedAt: at }, event, at, tx);
      await record(tx, current, 'melt.ended_by_recovery', { paid: payment !== null });
    });
  }

  /** Ends a minting that was issued and credited in a time that these books do not know. @throws StaleOperation */
  async function closeMinting(operation: MintingOperation): Promise<void> {
    await runTransaction(database.connection, async (tx) => {
      const current = await demandUnchanged(operation, tx);
      if (current.kind !== 'minting') throw new StaleOperation(operation.id);
      const at = now();
      await tokens.forgo(tx, current.walletId, current.tokenId, at);
      const event = 'issued in a time that the books have lost; what is left of it is found by the seed';
      await operations.transition(current, { state: 'issued' }, event, at, tx);
      await record(tx, current, 'mint.ended_by_recovery', { amount: current.amount });
    });
  }

  async function demandUnchanged({ id, version }: Operation, tx: Transaction): Promise<Operation> {
    const current = await operations.byId(id, tx);
    if (current === null || current.version !== version || isFinished(current.state))
      throw new StaleOperation(id);
    return current;
  }

  async function record(
    tx: Transaction,
    { walletId, npub, id }: Operation,
    event: string,
    details: Record<string, unknown>,
  ): Promise<void> {
    await audit.append({ walletId, npub, transactionId: id, event, details, at: now() }, tx);
  }

  return { unfinished, spentOutputs, believedGood, credit, closeMelt, closeMinting };
}

const nothingBooked = {
  sourceTokensSpent: 0,
  keepTokenId: null,
  keepAmount: 0n,
  keepProofCount: 0,
  meltChangeTokenId: null,
  meltChangeAmount: 0n,
  meltChangeProofCount: 0,
};

import { invariant } from '../models/errors.ts';
import type { Failure } from '../models/exchange.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { UpkeepOperation } from '../models/upkeep.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import { createOperationStep } from './operationSteps.ts';
import type { OperationRepository } from './operations.ts';
import { freeSources, ownerOf } from './sourceBooking.ts';
import { type TokenReservation, TokensTaken } from './tokenReads.ts';
import type { TokenRepository } from './tokens.ts';
import { CommitUnknown, duplicateKeyIndex, isWriteConflict, runTransactionIfRoom } from './transaction.ts';

/**
 * How the reserving transaction of an upkeep ended. `taken`: others have the tokens, or another upkeep of the wallet is open.
 * `unknown`: the commit was not confirmed; a tombstone decides.
 */
export type UpkeepReserveResult = 'reserved' | 'taken' | 'unknown';

export type UpkeepRepository = ReturnType<typeof createUpkeepRepository>;

/** The transactions of an upkeep. Each is all or nothing, and each may run twice without harm. */
export function createUpkeepRepository(
  database: Database,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const advance = createOperationStep('upkeep', { database, operations, now });

  /** Transaction A: operation and reservation, before anything leaves for the mint. */
  async function reserve(
    operation: UpkeepOperation,
    reservations: readonly TokenReservation[],
    lease: { owner: string; leaseMs: number },
  ): Promise<UpkeepReserveResult> {
    invariant(
      sumAmounts(operation.inputs) === operation.amount && operation.fee < operation.amount,
      `${operation.id}: the sums of the upkeep do not agree`,
    );
    try {
      await runTransactionIfRoom(database, operation.walletId, async (tx) => {
        await operations.insert(tx, operation, lease);
        await tokens.reserve(tx, ownerOf(operation), reservations, operation.id);
        const { amount, upkeepReason: reason } = operation;
        await record(tx, operation, 'upkeep.reserved', { amount, reason });
      });
      return 'reserved';
    } catch (error) {
      if (error instanceof TokensTaken || isWriteConflict(error)) return 'taken';
      if (error instanceof CommitUnknown) return 'unknown';
      switch (duplicateKeyIndex(error)) {
        case 'one_payment_per_invoice':
          return 'taken';
        case '_id_':
          return 'unknown'; // a rerun met its own earlier commit
        default:
          throw error;
      }
    }
  }

  /** Books the swap: sources → spent, what it gave → token `change`. */
  async function book(operation: UpkeepOperation, proofs: readonly Proof[]): Promise<UpkeepOperation> {
    const credited = sumAmounts(proofs);
    invariant(
      credited > 0n && credited <= operation.amount,
      `${operation.id}: the swap gave another sum than went in`,
    );
    return advance(operation, ['swapping'], 'kept_up', async (tx, current, at) => {
      const { id, walletId, sourceTokenIds, amount, upkeepReason: reason } = current;
      await tokens.spendReserved(tx, walletId, sourceTokenIds, id, at);
      const token = await tokens.credit(tx, ownerOf(current), {
        transactionType: 'change',
        transactionId: `${id}_upkeep`,
        proofs: [...proofs],
        at,
      });
      const fee = amount - credited;
      const counts = { proofsBefore: current.inputs.length, proofsAfter: proofs.length };
      await record(tx, current, 'upkeep.kept_up', { amount: credited, fee, reason, ...counts });
      const changes = { state: 'kept_up' as const, tokenId: token.id, fee, finishedAt: at };
      return { changes, event: 'booked: sources spent, what came of them credited' };
    });
  }

  /** The mint did not swap the sources, and no request of ours for it is under way: they are free again. */
  async function release(operation: UpkeepOperation, failure: Failure): Promise<UpkeepOperation> {
    return free(operation, 'released', failure, 'the mint swaps it not: the funds are free again');
  }

  /** Nothing ever left. */
  async function cancel(operation: UpkeepOperation): Promise<UpkeepOperation> {
    const failure = { cause: 'NOT_STARTED', detail: null };
    return free(operation, 'cancelled', failure, 'its creator never came back; nothing had been sent');
  }

  async function free(
    operation: UpkeepOperation,
    state: 'released' | 'cancelled',
    failure: Failure,
    event: string,
  ): Promise<UpkeepOperation> {
    return advance(operation, ['swapping'], state, async (tx, current, at) => {
      await freeSources(tokens, tx, current);
      await record(tx, current, `upkeep.${state}`, { amount: current.amount, cause: failure.cause });
      return { changes: { state, failure, finishedAt: at }, event };
    });
  }

  return { reserve, book, release, cancel };
}

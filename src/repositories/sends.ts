import { invariant } from '../models/errors.ts';
import type { Failure, SendOperation } from '../models/exchange.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import type { IdempotencyRecord } from './idempotencyRecords.ts';
import { BudgetSpent, createKeySpendingRepository } from './keySpending.ts';
import { createOpenCount } from './openCount.ts';
import { createOperationStep } from './operationSteps.ts';
import type { Changes, OperationRepository } from './operations.ts';
import { freeSources, ownerOf } from './sourceBooking.ts';
import { type TokenReservation, TokensTaken } from './tokenReads.ts';
import type { TokenRepository } from './tokens.ts';
import {
  CommitUnknown,
  duplicateKeyIndex,
  isWriteConflict,
  runTransaction,
  type Transaction,
} from './transaction.ts';

/** How the reserving transaction of a send ended. `unknown`: the commit was not confirmed; a tombstone decides. */
export type SendReserveResult =
  | 'reserved'
  | 'tokens_taken'
  | 'idempotency_conflict'
  | 'over_budget'
  | 'unknown';

export type SendRepository = ReturnType<typeof createSendRepository>;

/** The transactions of a send. Each is all or nothing, and each may run twice without harm. */
export function createSendRepository(
  database: Database,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const advance = createOperationStep('send', { database, operations, now });
  const openCount = createOpenCount('send', database);
  const keySpending = createKeySpendingRepository(database);

  /** Transaction A: operation, reservation and idempotency record, before anything leaves for the mint. */
  async function reserve(
    operation: SendOperation,
    reservations: readonly TokenReservation[],
    lease: { owner: string; leaseMs: number },
    idempotency: IdempotencyRecord | null,
  ): Promise<SendReserveResult> {
    invariant(
      sumAmounts(operation.inputs) === operation.sourceAmount &&
        operation.sourceAmount === operation.amount + operation.keepAmount + operation.fee,
      `${operation.id}: the sums of the send do not agree`,
    );
    try {
      await keySpending.inTurn(operation, async (tx) => {
        await operations.insert(tx, operation, lease);
        if (idempotency !== null) await operations.insertIdempotency(tx, idempotency, operation.createdAt);
        await tokens.reserve(tx, ownerOf(operation), reservations, operation.id);
        await record(tx, operation, 'send.reserved', { amount: operation.sourceAmount });
      });
      return 'reserved';
    } catch (error) {
      if (error instanceof TokensTaken || isWriteConflict(error)) return 'tokens_taken';
      if (error instanceof BudgetSpent) return 'over_budget';
      if (error instanceof CommitUnknown) return 'unknown';
      switch (duplicateKeyIndex(error)) {
        case 'one_operation_per_key':
          return 'idempotency_conflict';
        case '_id_':
          return 'unknown'; // a rerun met its own earlier commit
        default:
          throw error;
      }
    }
  }

  /** Books the swap: sources → spent, the rest → token `change`, what is handed out → pending token `sent`. */
  async function book(
    operation: SendOperation,
    given: { token: readonly Proof[]; keep: readonly Proof[]; text: string },
  ): Promise<SendOperation> {
    const { token, keep, text } = given;
    const keepAmount = sumAmounts(keep);
    const fee = operation.sourceAmount - operation.amount - keepAmount;
    invariant(
      sumAmounts(token) === operation.amount && fee >= 0n,
      `${operation.id}: the swap gave other sums than were agreed on`,
    );
    return advance(operation, ['swapping'], 'sent', async (tx, current, at) => {
      const { id, walletId, sourceTokenIds } = current;
      await tokens.spendReserved(tx, walletId, sourceTokenIds, id, at);
      const owner = ownerOf(current);
      const kept =
        keep.length === 0
          ? null
          : await tokens.credit(tx, owner, {
              transactionType: 'change',
              transactionId: `${id}_keep`,
              proofs: [...keep],
              at,
            });
      const handedOut = await tokens.handOut(tx, owner, {
        transactionId: `${id}_sent`,
        proofs: [...token],
        operationId: id,
        at,
      });
      await record(tx, current, 'send.sent', { amount: current.amount, fee, keep: keepAmount });
      const changes: Changes<SendOperation> = {
        state: 'sent',
        booked: true,
        fee,
        keepAmount,
        keepTokenId: kept?.id ?? null,
        tokenId: handedOut.id,
        token: { proofs: [...token], text },
        ...nothingOdd,
      };
      return { changes, event: 'booked: sources spent, the token is out' };
    });
  }

  /** The intent to bring what is left of it home, with the exact request, before that leaves. @throws StaleOperation */
  async function beginReclaim(
    operation: SendOperation,
    changes: Pick<SendOperation, 'reclaiming' | 'attempts' | 'dueAt'>,
    idempotency: Pick<IdempotencyRecord, 'route' | 'key' | 'bodyHash'> | undefined,
  ): Promise<SendOperation> {
    return runTransaction(database, operation.walletId, async (tx) => {
      const at = now();
      if (idempotency !== undefined) {
        const { id: operationId, walletId } = operation;
        const record = {
          id: `idem_${operationId}_${operation.version}`,
          walletId,
          operationId,
          ...idempotency,
        };
        await operations.insertIdempotency(tx, record, at);
      }
      const all = { ...nothingOdd, ...changes, failure: null, state: 'reclaiming' as const };
      return operations.transition(operation, all, 'bringing the token home', at, tx);
    });
  }

  /** The recipient has all of it. */
  async function claim(operation: SendOperation): Promise<SendOperation> {
    return advance(operation, ['sent'], 'claimed', async (tx, current, at) => {
      await spendToken(tx, current, at);
      await record(tx, current, 'send.claimed', { amount: current.amount });
      const changes = { state: 'claimed' as const, spentAmount: current.amount, finishedAt: at };
      return { changes, event: 'claimed by its recipient' };
    });
  }

  /** What was left of the token is the wallet's again, as these proofs. */
  async function reclaimed(operation: SendOperation, proofs: readonly Proof[]): Promise<SendOperation> {
    const reclaimedAmount = sumAmounts(proofs);
    invariant(
      reclaimedAmount > 0n && reclaimedAmount <= sumAmounts(operation.reclaiming),
      `${operation.id}: more came back than was asked for`,
    );
    const claimed = operation.amount - sumAmounts(operation.reclaiming);
    const end = claimed > 0n ? ('partly_claimed' as const) : ('reclaimed' as const);
    return advance(operation, ['reclaiming'], end, async (tx, current, at) => {
      await spendToken(tx, current, at);
      const back = await tokens.credit(tx, ownerOf(current), {
        transactionType: 'change',
        transactionId: `${current.id}_reclaim`,
        proofs: [...proofs],
        at,
      });
      await record(tx, current, 'send.reclaimed', { amount: reclaimedAmount });
      const changes: Changes<SendOperation> = {
        state: end,
        reclaimedAmount,
        reclaimTokenId: back.id,
        spentAmount: claimed,
        finishedAt: at,
      };
      return { changes, event: 'reclaimed: what was left of the token is back' };
    });
  }

  /** The mint did not swap the sources, and no request of ours for it is under way: they are free again. */
  async function release(operation: SendOperation, failure: Failure): Promise<SendOperation> {
    return free(operation, 'released', failure, 'the mint swaps it not: the funds are free again');
  }

  /** Nothing ever left. Frees the idempotency key, too. */
  async function cancel(operation: SendOperation): Promise<SendOperation> {
    const failure = { cause: 'NOT_STARTED', detail: null };
    return free(operation, 'cancelled', failure, 'its creator never came back; nothing had been sent');
  }

  async function free(
    operation: SendOperation,
    state: 'released' | 'cancelled',
    failure: Failure,
    event: string,
  ): Promise<SendOperation> {
    return advance(operation, ['swapping'], state, async (tx, current, at) => {
      await freeSources(tokens, tx, current);
      if (state === 'cancelled' && current.idempotencyId !== null)
        await operations.freeIdempotency(tx, current.walletId, current.idempotencyId);
      await record(tx, current, `send.${state}`, { amount: current.sourceAmount, cause: failure.cause });
      return { changes: { state, failure, finishedAt: at }, event };
    });
  }

  async function spendToken(tx: Transaction, current: SendOperation, at: Date): Promise<void> {
    invariant(current.tokenId !== null, `${current.id}: nothing was handed out`);
    await tokens.spendReserved(tx, current.walletId, [current.tokenId], current.id, at);
  }

  return { openCount, reserve, book, beginReclaim, claim, reclaimed, release, cancel };
}

const nothingOdd = { gone: null, unverified: null, refused: null };

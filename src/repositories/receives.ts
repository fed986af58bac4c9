import { invariant } from '../models/errors.ts';
import type { Failure, ReceiveOperation } from '../models/exchange.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import type { IdempotencyRecord } from './idempotencyRecords.ts';
import { createOpenCount } from './openCount.ts';
import { tokenClaim } from './operationDocuments.ts';
import { createOperationStep } from './operationSteps.ts';
import type { OperationRepository } from './operations.ts';
import { ownerOf } from './sourceBooking.ts';
import type { TokenRepository } from './tokens.ts';
import { CommitUnknown, duplicateKeyIndex, isWriteConflict, runTransactionIfRoom } from './transaction.ts';

/** How the opening transaction of a receive ended. `unknown`: the commit was not confirmed; a tombstone decides. */
export type OpenReceiveResult = 'opened' | 'known_token' | 'idempotency_conflict' | 'unknown';

export type ReceiveRepository = ReturnType<typeof createReceiveRepository>;

/** The transactions of a receive. Each is all or nothing, and each may run twice without harm. */
export function createReceiveRepository(
  database: Database,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const advance = createOperationStep('receive', { database, operations, now });
  const openCount = createOpenCount('receive', database);

  /** The operation that takes in this ecash for this wallet, or has. */
  const ofToken = (walletId: string, tokenHash: string): Promise<string | null> =>
    operations.claiming(walletId, tokenClaim(tokenHash));

  /** Stores the ecash that was given, with the exact request that is to swap it, before that leaves. */
  async function open(
    operation: ReceiveOperation,
    lease: { owner: string; leaseMs: number },
    idempotency: IdempotencyRecord | null,
  ): Promise<OpenReceiveResult> {
    invariant(
      sumAmounts(operation.inputs) === operation.amount && operation.fee < operation.amount,
      `${operation.id}: the sums of the receive do not agree`,
    );
    try {
      await runTransactionIfRoom(database, operation.walletId, async (tx) => {
        await operations.insert(tx, operation, lease);
        if (idempotency !== null) await operations.insertIdempotency(tx, idempotency, operation.createdAt);
        await record(tx, operation, 'receive.opened', { amount: operation.amount });
      });
      return 'opened';
    } catch (error) {
      if (error instanceof CommitUnknown) return 'unknown';
      switch (duplicateKeyIndex(error)) {
        case 'one_payment_per_invoice':
          return 'known_token';
        case 'one_operation_per_key':
          return 'idempotency_conflict';
        case '_id_':
          return 'unknown'; // a rerun met its own earlier commit
      }
      // Two openings share nothing but their key or their token, and either is told by looking again.
      if (isWriteConflict(error)) return idempotency === null ? 'known_token' : 'idempotency_conflict';
      throw error;
    }
  }

  /** Credits what the swap gave, as a token `received`. */
  async function credit(operation: ReceiveOperation, proofs: readonly Proof[]): Promise<ReceiveOperation> {
    const credited = sumAmounts(proofs);
    invariant(
      credited > 0n && credited <= operation.amount,
      `${operation.id}: the swap gave another sum than went in`,
    );
    return advance(operation, ['redeeming'], 'received', async (tx, current, at) => {
      const token = await tokens.credit(tx, ownerOf(current), {
        transactionType: 'received',
        transactionId: current.id,
        proofs: [...proofs],
        at,
      });
      const fee = current.amount - credited;
      await record(tx, current, 'receive.received', { amount: credited, fee });
      const changes = { state: 'received' as const, tokenId: token.id, fee, finishedAt: at };
      return { changes, event: 'ecash credited' };
    });
  }

  /** Ends without ecash: none of it is the wallet's, and none can become so by this operation. */
  async function refuse(
    operation: ReceiveOperation,
    failure: Failure,
    spentAmount: bigint,
  ): Promise<ReceiveOperation> {
    return advance(operation, ['redeeming'], 'refused', async (tx, current, at) => {
      await record(tx, current, 'receive.refused', { amount: current.amount, cause: failure.cause });
      return {
        changes: { state: 'refused' as const, failure, spentAmount, finishedAt: at },
        event: `not received: ${failure.cause}`,
      };
    });
  }

  return { openCount, ofToken, open, credit, refuse };
}

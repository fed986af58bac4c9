import { invariant } from '../models/errors.ts';
import type { MintingOperation } from '../models/operation.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { AuditRepository } from './audit.ts';
import type { Database } from './database.ts';
import type { IdempotencyRecord } from './idempotencyRecords.ts';
import { createOpenCount } from './openCount.ts';
import { createOperationStep } from './operationSteps.ts';
import type { OperationRepository } from './operations.ts';
import type { TokenRepository } from './tokens.ts';
import { duplicateKeyIndex, isWriteConflict, runTransactionIfRoom } from './transaction.ts';

export type MintingRepository = ReturnType<typeof createMintingRepository>;

/** The transactions of a minting. Each is all or nothing, and each may run twice without harm. */
export function createMintingRepository(
  database: Database,
  tokens: TokenRepository,
  operations: OperationRepository,
  audit: AuditRepository,
  now: () => Date,
) {
  const record = audit.ofOperations(now);
  const advance = createOperationStep('minting', { database, operations, now });
  const openCount = createOpenCount('minting', database);

  /** Stores a quote that the mint gave, with its waiting token. Until this has committed nobody sees the invoice. */
  async function open(
    operation: MintingOperation,
    lease: { owner: string; leaseMs: number },
    idempotency: IdempotencyRecord | null,
  ): Promise<'opened' | 'idempotency_conflict'> {
    try {
      await runTransactionIfRoom(database, operation.walletId, async (tx) => {
        await operations.insert(tx, operation, lease);
        if (idempotency !== null) await operations.insertIdempotency(tx, idempotency, operation.createdAt);
        const { npub, walletId, mintUrl, unit, tokenId, id, quoteId, createdAt } = operation;
        await tokens.awaitPayment(
          tx,
          { npub, walletId, mintUrl, unit },
          { tokenId, transactionId: id, quoteId, at: createdAt },
        );
      });
      return 'opened';
    } catch (error) {
      // Two openings share nothing but their key, so a conflict of writes is a conflict of keys.
      if (isWriteConflict(error) || duplicateKeyIndex(error) === 'one_operation_per_key')
        return 'idempotency_conflict';
      throw error;
    }
  }

  /** Credits what was issued: the waiting token gets its proofs and becomes unspent. Run again, it changes nothing. */
  async function credit(operation: MintingOperation, proofs: readonly Proof[]): Promise<MintingOperation> {
    invariant(
      sumAmounts(proofs) === operation.amount,
      `${operation.id}: issued another amount than was paid for`,
    );
    return advance(operation, ['issuing'], 'issued', async (tx, current, at) => {
      await tokens.fill(tx, current.walletId, current.tokenId, [...proofs], at);
      await record(tx, current, 'mint.issued', { amount: current.amount });
      return { changes: { state: 'issued' }, event: 'ecash credited' };
    });
  }

  /** Gives up waiting: the token fails, nothing was ever paid. */
  async function expire(operation: MintingOperation): Promise<MintingOperation> {
    return advance(operation, ['awaiting_payment'], 'expired', async (tx, current, at) => {
      await tokens.fail(tx, current.walletId, current.tokenId, at);
      await record(tx, current, 'mint.expired', { amount: current.amount });
      return { changes: { state: 'expired' }, event: 'never paid, no longer watched' };
    });
  }

  return { openCount, open, credit, expire };
}

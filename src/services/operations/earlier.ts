import type { Operation } from '../../models/operation.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { IdempotencyRecord } from '../../repositories/idempotencyRecords.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { IdempotencyKey } from '../contracts.ts';
import { idempotencyKeyReused } from '../melt/refusals.ts';

/**
 * The operation that an earlier request under the same key has made; null where there was none.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED where that request had another body
 */
export async function earlierOperation(
  operations: Pick<OperationRepository, 'idempotencyRecord' | 'ofWallet'>,
  wallet: Wallet,
  idempotency: IdempotencyKey | undefined,
): Promise<Operation | null> {
  if (idempotency === undefined) return null;
  const record = await operations.idempotencyRecord(wallet.id, idempotency.route, idempotency.key);
  if (record === null) return null;
  if (record.bodyHash !== idempotency.bodyHash) throw idempotencyKeyReused();
  return operations.ofWallet(wallet.id, record.operationId);
}

/** What points from a request's key to the operation that it makes; null where the request has no key. */
export function recordFor(
  operation: { id: string; walletId: string; idempotencyId: string | null },
  idempotency: IdempotencyKey | undefined,
): IdempotencyRecord | null {
  if (idempotency === undefined || operation.idempotencyId === null) return null;
  return {
    id: operation.idempotencyId,
    walletId: operation.walletId,
    operationId: operation.id,
    ...idempotency,
  };
}

import { databaseUnavailable } from '../../models/errors.ts';
import type { Buriable, OperationRepository } from '../../repositories/operations.ts';
import { duplicateKeyIndex } from '../../repositories/transaction.ts';

/**
 * Whether the transaction that makes an operation happened is not known. A tombstone under the same id decides: if it can be
 * inserted, it never did. @returns the operation where it did @throws DomainError DATABASE_UNAVAILABLE
 */
export async function buryOrKeep<T extends Buriable>(
  operations: Pick<OperationRepository, 'insertTombstone'>,
  operation: T,
): Promise<T> {
  try {
    await operations.insertTombstone(operation);
  } catch (error) {
    if (duplicateKeyIndex(error) === '_id_') return operation;
    throw databaseUnavailable(error);
  }
  throw databaseUnavailable(new Error('the operation was not committed'));
}

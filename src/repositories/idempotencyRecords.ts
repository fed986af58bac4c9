import type { IdempotencyDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';
import type { Transaction } from './transaction.ts';
import { insertWhole, readOneWhole } from './whole.ts';

export type IdempotencyRecord = {
  id: string;
  walletId: string;
  route: string;
  key: string;
  bodyHash: string;
  operationId: string;
};

/** Which operation a request under an `Idempotency-Key` has started. */
export function createIdempotencyRecords({ idempotency }: Pick<Database, 'idempotency'>) {
  async function idempotencyRecord(
    walletId: string,
    route: string,
    key: string,
  ): Promise<IdempotencyRecord | null> {
    const where = { wallet_id: walletId, route, key };
    const found = await readOneWhole<IdempotencyDocument>(idempotency, where);
    if (found === null) return null;
    const { _id: id, body_hash: bodyHash, operation_id: operationId } = found;
    return { id, walletId, route, key, bodyHash, operationId };
  }

  async function insertIdempotency(tx: Transaction, record: IdempotencyRecord, at: Date): Promise<void> {
    const { id, walletId, route, key, bodyHash, operationId } = record;
    await insertWhole<IdempotencyDocument>(
      idempotency,
      {
        _id: id,
        wallet_id: walletId,
        route,
        key,
        body_hash: bodyHash,
        operation_id: operationId,
        created_at: at,
      },
      tx,
    );
  }

  async function freeIdempotency(tx: Transaction, walletId: string, id: string): Promise<void> {
    await idempotency.deleteOne({ _id: id, wallet_id: walletId }, { session: tx.session });
  }

  return { idempotencyRecord, insertIdempotency, freeIdempotency };
}

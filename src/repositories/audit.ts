import type { OperationBase } from '../models/operation.ts';
import type { AuditEvent } from '../models/report.ts';
import type { Database } from './database.ts';
import type { Transaction } from './transaction.ts';

export type AuditRepository = ReturnType<typeof createAuditRepository>;

/** The audit log: lines are added, never changed. Inside a transaction a line stands or falls with what it tells. */
export function createAuditRepository(database: Pick<Database, 'audit'>) {
  async function append(event: AuditEvent, tx?: Transaction): Promise<void> {
    const document = {
      wallet_id: event.walletId,
      npub: event.npub,
      transaction_id: event.transactionId,
      event: event.event,
      details: event.details,
      at: event.at,
    };
    await database.audit.create([document], tx === undefined ? {} : { session: tx.session });
  }

  /** For lines about operations. */
  const ofOperations =
    (now: () => Date) =>
    (
      tx: Transaction,
      { walletId, npub, id }: Pick<OperationBase, 'walletId' | 'npub' | 'id'>,
      event: string,
      details: Record<string, unknown>,
    ): Promise<void> =>
      append({ walletId, npub, transactionId: id, event, details, at: now() }, tx);

  return { append, ofOperations };
}

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

  return { append };
}

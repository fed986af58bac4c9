import { mongo } from 'mongoose';
import type { OperationBase } from '../models/operation.ts';
import type { AuditEvent } from '../models/report.ts';
import type { AuditDocument, UnsealedDocument } from '../models/schemas/audit.ts';
import type { AuditMacs } from './auditMacs.ts';
import type { Database } from './database.ts';
import { runTransaction, type Transacting, type Transaction } from './transaction.ts';
import { insertWhole } from './whole.ts';

/** Stands where the id of a wallet would, in events about none: they have a chain of their own. */
export const chainOfServer = 'server';

export type AuditRepository = ReturnType<typeof createAuditRepository>;

/**
 * The audit log: lines are added, never changed. A line stands or falls with what it tells, and so does the mark by which
 * it is found and sealed after the commit (auditChain.ts, ADR 34).
 */
export function createAuditRepository(
  database: Transacting & Pick<Database, 'audit' | 'unsealed'>,
  macs: AuditMacs,
) {
  async function append(event: AuditEvent, tx: Transaction): Promise<void> {
    const document = {
      _id: new mongo.ObjectId(),
      wallet_id: event.walletId ?? chainOfServer,
      npub: event.npub,
      transaction_id: event.transactionId,
      event: event.event,
      details: event.details,
      at: event.at,
    };
    await insertWhole<AuditDocument>(database.audit, document, tx);
    const mark = { _id: document._id, wallet_id: document.wallet_id, mac: macs.ofEvent(document) };
    await insertWhole<UnsealedDocument>(database.unsealed, mark, tx);
  }

  /** A line that stands by itself. @throws CommitUnknown when it may stand or not */
  const record = (event: AuditEvent): Promise<void> =>
    runTransaction(database, event.walletId ?? chainOfServer, (tx) => append(event, tx));

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

  return { append, record, ofOperations };
}

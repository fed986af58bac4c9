import type { AuditEvent, Resolution } from '../models/report.ts';
import { type AuditRepository, chainOfServer } from './audit.ts';
import type { Database } from './database.ts';
import { runTransaction, type Transacting } from './transaction.ts';

export type ReportResolutions = ReturnType<typeof createReportResolutions>;

/** What people have said of error reports. */
export function createReportResolutions(
  database: Transacting & Pick<Database, 'reports'>,
  audit: AuditRepository,
) {
  /**
   * Calls a report resolved and writes that into the audit log: both or neither. One that the server has closed stays closed,
   * and keeps who has resolved it.
   * @returns false where somebody has resolved it before, and it was not met since; then nothing was written
   * @throws CommitUnknown when it may stand or not
   */
  async function resolve(supportId: string, resolution: Resolution, event: AuditEvent): Promise<boolean> {
    const { at, keyId, label, note } = resolution;
    const said = { resolutions: { at, key_id: keyId, label, note } };
    return runTransaction(database, event.walletId ?? chainOfServer, async ({ session }) => {
      const resolved = await database.reports.updateOne(
        { _id: supportId, status: 'open' },
        { $push: said, $set: { status: 'resolved', resolved_at: at } },
        { session },
      );
      const noted =
        resolved.matchedCount === 1 ||
        (
          await database.reports.updateOne(
            { _id: supportId, status: 'closed', resolved_at: null },
            { $push: said, $set: { resolved_at: at } },
            { session },
          )
        ).matchedCount === 1;
      if (noted) await audit.append(event, { session });
      return noted;
    });
  }

  return { resolve };
}

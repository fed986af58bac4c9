import { invariant } from '../models/errors.ts';
import type { ReportDraft } from '../models/report.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

/** An incident to be written: one draft that was met `count` times. `details` are already free of secrets. */
export type Incident = {
  supportId: string;
  draft: Omit<ReportDraft, 'requestId'>;
  requestIds: readonly string[];
  count: number;
  at: Date;
  lastAt: Date;
};

const maxRequestIds = 20;
const maxRaces = 5;

export type ReportRepository = ReturnType<typeof createReportRepository>;

/** Error reports: at most one is open per incident, by a unique index. */
export function createReportRepository(database: Pick<Database, 'reports'>) {
  /**
   * Opens a report or counts the incident in the one that is open.
   * @returns the supportId of the open report, which may be an older one.
   */
  async function file(incident: Incident): Promise<string> {
    for (let race = 1; ; race += 1) {
      try {
        return await upsert(incident);
      } catch (error) {
        // Another instance opened it between our look and our insert: now there is one to count in.
        if (duplicateKeyIndex(error) === null || race >= maxRaces) throw error;
      }
    }
  }

  async function upsert({ supportId, draft, requestIds, count, at, lastAt }: Incident): Promise<string> {
    const report = await database.reports
      .findOneAndUpdate(
        { dedupe_key: draft.dedupeKey, status: 'open' },
        {
          $setOnInsert: {
            _id: supportId,
            severity: draft.severity,
            code: draft.code,
            npub: draft.npub ?? null,
            wallet_id: draft.walletId ?? null,
            transaction_id: draft.transactionId ?? null,
            quote_id: draft.quoteId ?? null,
            summary: draft.summary,
            details: draft.details ?? {},
            other_ids: [],
            at,
            closed_at: null,
            closed_how: null,
          },
          $inc: { count },
          $max: { last_at: lastAt },
          $push: { request_ids: { $each: [...requestIds], $slice: -maxRequestIds } },
        },
        { upsert: true, returnDocument: 'after', setDefaultsOnInsert: false, projection: { _id: 1 } },
      )
      .lean<{ _id: string }>();
    invariant(report !== null, 'an upserted report is not there');
    return report._id;
  }

  /** Lets a report be found under supportIds that were told before it could be written. */
  async function alsoKnownAs(supportId: string, otherIds: readonly string[]): Promise<void> {
    await database.reports.updateOne(
      { _id: supportId },
      { $addToSet: { other_ids: { $each: [...otherIds] } } },
    );
  }

  /** Closes the open report of an incident, if there is one. */
  async function close(dedupeKey: string, how: string, at: Date): Promise<void> {
    await database.reports.updateOne(
      { dedupe_key: dedupeKey, status: 'open' },
      { $set: { status: 'closed', closed_at: at, closed_how: how } },
    );
  }

  return { file, alsoKnownAs, close };
}

import type { QueryFilter } from 'mongoose';
import { invariant } from '../models/errors.ts';
import {
  type ErrorReport,
  type ReportPosition,
  type ReportStatus,
  type Severity,
  severities,
} from '../models/report.ts';
import type { ReportDocument } from '../models/schemas/account.ts';
import type { Database } from './database.ts';

/** Which reports are listed. Null where that does not matter. */
export type ReportFilter = {
  severity: Severity | null;
  status: ReportStatus | null;
  code: string | null;
  npub: string | null;
  /** Only what was met at this moment or later. */
  since: Date | null;
  /** Only what was met before the report at this place. */
  after: ReportPosition | null;
};

export type ReportListRepository = ReturnType<typeof createReportListRepository>;

/** Error reports as support reads them. Reads alone. */
export function createReportListRepository({ reports }: Pick<Database, 'reports'>) {
  /** Those met last come first; of those met at the same moment, the greater id. */
  async function latest(filter: ReportFilter, atMost: number): Promise<ErrorReport[]> {
    const { where, hint } = reportQuery(filter);
    const found = await reports
      .find(where)
      .sort(latestFirst)
      .limit(atMost)
      .hint(hint)
      .lean<ReportDocument[]>();
    return found.map(reportFrom);
  }

  /** By its own supportId, or by one that was told, too, for what proved to be the same incident. */
  async function find(supportId: string): Promise<ErrorReport | null> {
    const found =
      (await reports.findById(supportId).lean<ReportDocument>()) ??
      (await reports
        .findOne({ other_ids: supportId, 'other_ids.0': { $exists: true } })
        .lean<ReportDocument>());
    return found === null ? null : reportFrom(found);
  }

  return { latest, find };
}

export const latestFirst = { last_at: -1, _id: -1 } as const;

/** Read in the order of an index, and that which leaves most out. */
export function reportQuery({ severity, status, code, npub, since, after }: ReportFilter) {
  const lastAt = {
    ...(since === null ? {} : { $gte: since }),
    ...(after === null ? {} : { $lte: after.lastAt }),
  };
  const where: QueryFilter<ReportDocument> = {
    ...(severity === null ? {} : { severity }),
    ...(status === null ? {} : { status }),
    ...(code === null ? {} : { code }),
    ...(npub === null ? {} : { npub }),
    ...(since === null && after === null ? {} : { last_at: lastAt }),
    // Those of the same moment that were listed before.
    ...(after === null ? {} : { $nor: [{ last_at: after.lastAt, _id: { $gte: after.id } }] }),
  };
  return { where, hint: hintFor({ severity, status, code, npub }) };
}

/** Few are open at a time, or of one owner; of one code or severity there may be years. */
function hintFor({
  npub,
  status,
  severity,
  code,
}: Pick<ReportFilter, 'severity' | 'status' | 'code' | 'npub'>): string {
  if (npub !== null) return 'latest_by_npub';
  if (status !== null && severity !== null) return 'latest_by_status_and_severity';
  if (status !== null && (code === null || status !== 'closed')) return 'latest_by_status';
  if (code !== null) return 'latest_by_code';
  return severity === null ? 'latest' : 'latest_by_severity';
}

export function reportFrom(document: ReportDocument): ErrorReport {
  const severity = severities.find((known) => known === document.severity);
  invariant(severity !== undefined, `${document._id}: unknown severity`);
  return {
    supportId: document._id,
    dedupeKey: document.dedupe_key,
    severity,
    code: document.code,
    status: document.status,
    npub: document.npub,
    walletId: document.wallet_id,
    transactionId: document.transaction_id,
    quoteId: document.quote_id,
    summary: document.summary,
    details: document.details,
    otherIds: document.other_ids,
    requestIds: document.request_ids,
    count: document.count,
    at: document.at,
    lastAt: document.last_at,
    closedAt: document.closed_at,
    closedHow: document.closed_how,
    resolutions: (document.resolutions ?? []).map(({ at, key_id, label, note }) => ({
      at,
      keyId: key_id,
      label,
      note,
    })),
  };
}

import type { ErrorReport } from '../models/report.ts';
import { redact } from '../redaction.ts';
import type { OperationView, ReportPage, ReportView } from '../services/support/contracts.ts';

/** One page of reports. */
export function presentReports({ reports, limit, nextCursor }: ReportPage) {
  return {
    success: true,
    reports: reports.map(presentEntry),
    pagination: { limit, nextCursor, hasMore: nextCursor !== null },
  };
}

/** One report with all that a person needs to answer the customer. */
export function presentReport({ report, words, operation }: ReportView) {
  const { requestIds, otherIds, walletId, details, closedAt, closedHow } = report;
  return {
    success: true,
    ...presentEntry(report),
    walletId,
    otherIds,
    whatItMeans: closedHow === null ? words.money : `While it was so: ${words.money}`,
    whatTheServerDoes: closedHow === null ? words.server : `It is over. ${closedHow}`,
    whatToDo: closedHow === null ? words.next : 'Nothing more about this incident.',
    closedAt: closedAt?.toISOString() ?? null,
    closedHow,
    requestIds,
    // Nothing secret was written down; this is for what somebody may have put there by another way.
    details: redact(details),
    operation: operation === null ? null : presentOperation(operation),
  };
}

function presentEntry(report: ErrorReport) {
  const { supportId, at, lastAt, count, severity, code, status, npub, transactionId, quoteId, summary } =
    report;
  return {
    supportId,
    at: at.toISOString(),
    lastAt: lastAt.toISOString(),
    count,
    severity,
    code,
    status,
    npub,
    transactionId,
    quoteId,
    summary,
  };
}

/** An operation of any kind and wallet. */
export function presentOperation({
  id,
  kind,
  status,
  state,
  money,
  npub,
  walletId,
  mintUrl,
  createdAt,
  timeline,
}: OperationView) {
  return {
    transactionId: id,
    kind,
    status,
    state,
    whereTheMoneyIs: money,
    npub,
    walletId,
    mintUrl,
    createdAt: createdAt.toISOString(),
    timeline: timeline.map((entry) => ({
      at: entry.at.toISOString(),
      state: entry.state,
      event: entry.event,
    })),
  };
}

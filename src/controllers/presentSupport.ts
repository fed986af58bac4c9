import type { ErrorReport, Resolution } from '../models/report.ts';
import { redact } from '../redaction.ts';
import type {
  DecisionView,
  OperationView,
  RecheckView,
  ReportPage,
  ReportView,
  ResolutionView,
} from '../services/support/contracts.ts';
import type { PlainWords } from '../services/support/plainWords.ts';

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
    ...inWords(report, words),
    closedAt: closedAt?.toISOString() ?? null,
    closedHow,
    resolutions: report.resolutions.map(presentSaid),
    requestIds,
    // Nothing secret was written down; this is for what somebody may have put there by another way.
    details: redact(details),
    operation: operation === null ? null : presentOperation(operation),
  };
}

/** What of a report depends on whether it is still so. */
function inWords({ status, closedHow }: ErrorReport, words: PlainWords) {
  switch (status) {
    case 'open':
      return { whatItMeans: words.money, whatTheServerDoes: words.server, whatToDo: words.next };
    case 'resolved':
      return {
        whatItMeans: words.money,
        whatTheServerDoes: words.server,
        whatToDo: 'Somebody has called it resolved; the note says why. If it is met again, it is open again.',
      };
    case 'closed':
      return {
        whatItMeans: `While it was so: ${words.money}`,
        whatTheServerDoes: `It is over. ${closedHow ?? ''}`.trim(),
        whatToDo: 'Nothing more about this incident.',
      };
  }
}

/** What has come of resolving a report; `alreadyResolved`: somebody had done so before. */
export function presentResolution({ report, resolution, already }: ResolutionView) {
  const { supportId, status } = report;
  return { success: true, supportId, status, alreadyResolved: already, resolution: presentSaid(resolution) };
}

/** What came of having an operation looked at, and how it stands now. */
export const presentRecheck = ({ outcome, operation, mintAnsweredMsAgo }: RecheckView) => ({
  success: true,
  outcome,
  mintAnsweredMsAgo,
  ...presentOperation(operation),
});

/** What came of a decision, and how the operation stands now. */
export const presentDecision = ({ operation, ...view }: DecisionView) => ({
  success: true,
  decision: view.decision,
  outcome: view.outcome,
  rechecked: view.rechecked,
  mintAnsweredMsAgo: view.mintAnsweredMsAgo,
  ...presentOperation(operation),
});

const presentSaid = ({ at, keyId, label, note }: Resolution) => ({
  at: at.toISOString(),
  keyId,
  label,
  note,
});

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
function presentOperation({
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

import type { ErrorReport, Resolution } from '../models/report.ts';
import { redact } from '../redaction.ts';
import type {
  BackendView,
  DecisionView,
  OperationView,
  RecheckView,
  ReportPage,
  ReportView,
  ResolutionView,
} from '../services/support/contracts.ts';
import type { PlainWords } from '../services/support/plainWords.ts';
import { presentTimeline } from './presentTimeline.ts';

/** One page of reports. */
export function presentReports({ reports, limit, nextCursor }: ReportPage) {
  return {
    success: true,
    reports: reports.map(presentEntry),
    pagination: { limit, nextCursor, hasMore: nextCursor !== null },
  };
}

/** One report with all that a person needs to answer the customer. */
export function presentReport({ report, words, operation, backend }: ReportView) {
  const { requestIds, otherIds, walletId, details, closedAt, closedHow } = report;
  return {
    success: true,
    ...presentEntry(report),
    walletId,
    otherIds,
    ...inWords(report, words, backend),
    mintBackend: backend === null ? null : presentBackend(backend),
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
function inWords({ status, closedHow }: ErrorReport, words: PlainWords, backend: BackendView | null) {
  switch (status) {
    case 'open':
      return {
        whatItMeans: words.money,
        whatTheServerDoes: words.server,
        whatToDo: backend === null ? words.next : `${words.next} ${backend.cause} ${backend.nextStep}`,
      };
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

/** What the mint's words tell of its backend. They may be wrong, and are not repeated here. */
const presentBackend = ({ trouble, toldAt, cause, customerImpact, retryAfterMs, nextStep }: BackendView) => ({
  trouble,
  toldAt: toldAt.toISOString(),
  cause,
  customerImpact,
  retryAfterSeconds: retryAfterMs / 1000,
  nextStep,
});

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
    timeline: presentTimeline(timeline),
  };
}

export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;
/** Seed 004: CRITICAL needs people, HIGH blocks, MEDIUM corrects itself, LOW is for the record. */
export type Severity = (typeof severities)[number];

/** `resolved`: a person has called it dealt with. `closed`: the server has seen that it is over. */
export const reportStatuses = ['open', 'resolved', 'closed'] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** Who has called a report dealt with, when and why. `label`: that of the key, as it was then. */
export type Resolution = { at: Date; keyId: string; label: string; note: string };

/** One incident for support staff. Repeats are counted by `dedupeKey`, not piled up. Never holds a secret. */
export type ErrorReport = {
  supportId: string;
  dedupeKey: string;
  severity: Severity;
  code: string;
  status: ReportStatus;
  npub: string | null;
  walletId: string | null;
  transactionId: string | null;
  quoteId: string | null;
  summary: string;
  details: Record<string, unknown>;
  /** supportIds that were told, too, for what then proved to be this incident. */
  otherIds: string[];
  /** The latest of the requests that have met it. */
  requestIds: string[];
  count: number;
  at: Date;
  /** When it was met last. */
  lastAt: Date;
  closedAt: Date | null;
  closedHow: string | null;
  /** The latest last. One that is met again afterwards is open again, and keeps them. */
  resolutions: Resolution[];
};

/** Codes of incidents that consist in an operation being open, or waiting for a person, and are over when it has ended. */
export const overWithOperation = [
  'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS',
  'CRITICAL_MELT_FAILURE',
  'CRITICAL_MINT_FAILURE',
  'CRITICAL_RECEIVE_FAILURE',
  'CRITICAL_SEND_FAILURE',
  'CRITICAL_UPKEEP_FAILURE',
  'FEE_ABOVE_LIMIT',
  'MINTING_HELD_UP',
  'OPERATION_OPEN_TOO_LONG',
  'QUOTE_PAID_INPUTS_UNSPENT',
  'SIGNATURES_DO_NOT_VERIFY',
] as const;

/** What a caller hands in; the rest is filled in when it is filed. */
export type ReportDraft = Pick<ErrorReport, 'dedupeKey' | 'severity' | 'code' | 'summary'> &
  Partial<Pick<ErrorReport, 'npub' | 'walletId' | 'transactionId' | 'quoteId' | 'details'>> & {
    requestId?: string;
  };

/** One line of the append-only audit log. Amounts and ids, never proofs. */
export type AuditEvent = {
  /** Null where it is about no single wallet. */
  walletId: string | null;
  npub: string | null;
  transactionId: string | null;
  event: string;
  details: Record<string, unknown>;
  at: Date;
};

/** A place between two reports of a list, by the report before it. */
export type ReportPosition = { lastAt: Date; id: string };

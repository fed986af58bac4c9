import { expect } from '@jest/globals';
import type { ErrorCode } from '../../../src/models/errors.ts';
import type { Severity } from '../../../src/models/report.ts';

/** What a client may rely on for one code (docs/api.md, "Errors"), stated a second time and apart from the server. */
export type Contract = {
  status: number;
  /** Where several stand here, each case says which it expects. */
  severities: readonly [Severity, ...Severity[]];
  retryAfter?: true;
  /** Members beside those that every problem has. */
  always?: readonly string[];
  perhaps?: readonly string[];
};

const outage = { status: 503, severities: ['HIGH'], retryAfter: true } as const;
/** A melt had been prepared, and broke off before anything was sent. */
const brokenOff = ['transactionId'] as const;
const unready = ['ready', 'database', 'draining', 'mints'] as const;
const afterTheMintWasAsked = {
  status: 500,
  severities: ['CRITICAL'],
  always: ['requiresManualIntervention', 'quoteId', 'transactionId', 'recovery'],
} as const;
const stopped = {
  status: 500,
  severities: ['CRITICAL'],
  always: ['requiresManualIntervention', 'transactionId', 'recovery'],
} as const;
const low = { severities: ['LOW'] } as const;

export const contracts: Record<ErrorCode, Contract> = {
  VALIDATION_ERROR: { status: 400, ...low, always: ['details'] },
  INVALID_INVOICE: { status: 400, ...low },
  INVOICE_EXPIRED: { status: 400, ...low },
  AMOUNT_REQUIRED: { status: 400, ...low },
  UNSUPPORTED_NETWORK: { status: 400, ...low },
  INSUFFICIENT_BALANCE: { status: 400, ...low, always: ['required', 'available'] },
  FEE_TOO_HIGH: { status: 400, ...low, always: ['fee', 'limit'], perhaps: ['total', 'maxTotal'] },
  PROOF_STATE_INCONSISTENCY: { status: 400, severities: ['CRITICAL'], always: ['cause', 'discrepancies'] },
  UNAUTHENTICATED: { status: 401, ...low },
  FORBIDDEN: { status: 403, ...low },
  BUDGET_EXCEEDED: { status: 403, ...low, always: ['budget', 'spentToday', 'required'] },
  NOT_FOUND: { status: 404, ...low },
  METHOD_NOT_ALLOWED: { status: 405, ...low },
  WALLET_NOT_FOUND: { status: 404, ...low },
  TRANSACTION_NOT_FOUND: { status: 404, ...low },
  QUOTE_NOT_FOUND: { status: 404, ...low },
  REPORT_NOT_FOUND: { status: 404, ...low },
  DECISION_NOT_POSSIBLE: { status: 409, ...low, always: ['transactionId', 'state'] },
  PAYLOAD_TOO_LARGE: { status: 413, ...low },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, ...low },
  MELT_BLOCKED_BY_RECONCILIATION: { status: 409, severities: ['HIGH'], retryAfter: true },
  DUPLICATE_PAYMENT: { status: 409, severities: ['MEDIUM'], always: ['transactionId'] },
  CONCURRENT_OPERATION: { status: 409, ...low },
  IDEMPOTENCY_CONFLICT: { status: 409, ...low },
  IDEMPOTENCY_KEY_REUSED: { status: 422, ...low },
  PAYMENT_FAILED: {
    status: 422,
    severities: ['MEDIUM'],
    always: ['released', 'cause'],
    perhaps: ['causeDetail', 'transactionId', 'quoteId'],
  },
  TOKEN_INVALID: { status: 400, ...low },
  TOKEN_SPENT: { status: 400, ...low, always: ['spentAmount'] },
  TOKEN_PARTLY_SPENT: { status: 400, ...low, always: ['spentAmount', 'unspentAmount'] },
  TOKEN_LOCKED: { status: 400, ...low },
  TOKEN_PENDING: { status: 409, ...low, retryAfter: true },
  TOKEN_ALREADY_HELD: { status: 409, ...low },
  TOKEN_CLAIMED: { status: 409, ...low, always: ['transactionId', 'claimedAmount'] },
  SEND_FAILED: { status: 422, severities: ['MEDIUM'], always: ['transactionId', 'released', 'cause'] },
  RECLAIM_FAILED: { status: 422, ...low, always: ['transactionId', 'cause'] },
  RECEIVE_FAILED: { status: 422, severities: ['MEDIUM'], always: ['transactionId', 'cause'] },
  CRITICAL_SEND_FAILURE: stopped,
  CRITICAL_RECEIVE_FAILURE: stopped,
  RATE_LIMITED: {
    status: 429,
    ...low,
    retryAfter: true,
    always: ['limitedBy', 'perMinute', 'retryAfterSeconds'],
  },
  CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS: afterTheMintWasAsked,
  CRITICAL_MELT_FAILURE: afterTheMintWasAsked,
  INTERNAL_ERROR: { status: 500, severities: ['HIGH', 'CRITICAL'], perhaps: brokenOff },
  MINT_ERROR: { status: 502, severities: ['MEDIUM'], perhaps: ['mintCode', ...brokenOff] },
  MINT_UNAVAILABLE: { ...outage, perhaps: brokenOff },
  DATABASE_UNAVAILABLE: { ...outage, perhaps: [...brokenOff, ...unready] },
  SHUTTING_DOWN: { ...outage, perhaps: unready },
};

/** What a client is told to keep at hand after the mint was asked. */
export const recovery = (state: string) => ({
  requiresManualIntervention: true,
  quoteId: expect.stringMatching(/\w/),
  transactionId: expect.stringMatching(/^tx_melt_/),
  recovery: { state, statusUrl: expect.stringMatching(/^\/api\/wallet\/npub1\w+\/melt\/tx_melt_\w+$/) },
});

/** In every error body (RFC 9457, and what the seed's clients read), `supportId` apart. */
export const membersOfAll = [
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'error',
  'message',
  'code',
  'severity',
  'retryable',
] as const;

export const codes = Object.keys(contracts).filter((code) => isCode(code));

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(contracts, text);
}

/** Every 5xx, and whatever is HIGH or CRITICAL, has a report that support finds by `supportId`. */
export function isReported(status: number, severity: Severity): boolean {
  return status >= 500 || severity === 'HIGH' || severity === 'CRITICAL';
}

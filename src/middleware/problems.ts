import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from '../logger.ts';
import { DomainError, type ErrorCode, type PublicValue } from '../models/errors.ts';
import type { ReportService } from '../services/contracts.ts';
import type { EdgeMeters } from '../services/metrics/contracts.ts';
import { schemeOf } from './authenticate.ts';
import { classifyError } from './classifyError.ts';
import { fileProblem, logProblem, mustBeReported } from './problemRecord.ts';
import { contextOf } from './requestContext.ts';

type ProblemKind = { status: number; title: string; retryAfterSeconds?: number };

const critical = 'Critical melt operation failure';

/** The only place where a code becomes an HTTP status. Titles are the seed's `error` where it gives one. */
const kinds: Record<ErrorCode, ProblemKind> = {
  VALIDATION_ERROR: { status: 400, title: 'Invalid request' },
  INVALID_INVOICE: { status: 400, title: 'Invalid invoice' },
  INVOICE_EXPIRED: { status: 400, title: 'Invoice expired' },
  AMOUNT_REQUIRED: { status: 400, title: 'Invoice without an amount' },
  UNSUPPORTED_NETWORK: { status: 400, title: 'Invoice of another network' },
  INSUFFICIENT_BALANCE: { status: 400, title: 'Insufficient balance' },
  FEE_TOO_HIGH: { status: 400, title: 'Fee too high' },
  PROOF_STATE_INCONSISTENCY: { status: 400, title: 'Proof state validation failed' },
  UNAUTHENTICATED: { status: 401, title: 'Authentication required' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  BUDGET_EXCEEDED: { status: 403, title: 'Daily budget exceeded' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  WALLET_NOT_FOUND: { status: 404, title: 'Wallet not found' },
  TRANSACTION_NOT_FOUND: { status: 404, title: 'Transaction not found' },
  QUOTE_NOT_FOUND: { status: 404, title: 'Quote not found' },
  REPORT_NOT_FOUND: { status: 404, title: 'Report not found' },
  DECISION_NOT_POSSIBLE: { status: 409, title: 'Not to be decided so' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Body too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported media type' },
  MELT_BLOCKED_BY_RECONCILIATION: { status: 409, title: 'Correction under way', retryAfterSeconds: 5 },
  DUPLICATE_PAYMENT: { status: 409, title: 'Invoice already being paid or paid' },
  CONCURRENT_OPERATION: { status: 409, title: 'Balance reserved by another operation' },
  IDEMPOTENCY_CONFLICT: { status: 409, title: 'Request already running' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'Idempotency key used for another request' },
  PAYMENT_FAILED: { status: 422, title: 'Failed to melt tokens' },
  TOKEN_INVALID: { status: 400, title: 'Token cannot be received' },
  TOKEN_SPENT: { status: 400, title: 'Token already spent' },
  TOKEN_PARTLY_SPENT: { status: 400, title: 'Token partly spent' },
  TOKEN_LOCKED: { status: 400, title: 'Token locked to another key' },
  TOKEN_PENDING: { status: 409, title: 'Token in another payment', retryAfterSeconds: 10 },
  TOKEN_ALREADY_HELD: { status: 409, title: 'Token already in this wallet' },
  TOKEN_CLAIMED: { status: 409, title: 'Token already claimed' },
  SEND_FAILED: { status: 422, title: 'Failed to send tokens' },
  RECLAIM_FAILED: { status: 422, title: 'Failed to reclaim tokens' },
  RECEIVE_FAILED: { status: 422, title: 'Failed to receive tokens' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS: { status: 500, title: critical },
  CRITICAL_MELT_FAILURE: { status: 500, title: critical },
  CRITICAL_SEND_FAILURE: { status: 500, title: 'Critical send operation failure' },
  CRITICAL_RECEIVE_FAILURE: { status: 500, title: 'Critical receive operation failure' },
  INTERNAL_ERROR: { status: 500, title: 'Internal error' },
  MINT_ERROR: { status: 502, title: 'The mint gave no usable answer' },
  MINT_UNAVAILABLE: { status: 503, title: 'Mint unavailable', retryAfterSeconds: 10 },
  DATABASE_UNAVAILABLE: { status: 503, title: 'Database unavailable', retryAfterSeconds: 5 },
  SHUTTING_DOWN: { status: 503, title: 'Server shutting down', retryAfterSeconds: 5 },
};

const meltRoute = 'POST /api/wallet/:npub/melt';

export type ProblemBody = { [member: string]: PublicValue };

/** The HTTP status of a code. */
export const statusOf = (code: ErrorCode): number => kinds[code].status;

export const titleOf = (code: ErrorCode): string => kinds[code].title;

/** RFC 9457's `type` of a code. */
export const typeOf = (code: ErrorCode): string =>
  `urn:crucible:problem:${code.toLowerCase().replaceAll('_', '-')}`;

/** Whether an error of this code says when to come back, in `Retry-After`. */
export const saysWhen = (code: ErrorCode): boolean =>
  code === 'RATE_LIMITED' || kinds[code].retryAfterSeconds !== undefined;

/**
 * The error body: an RFC 9457 problem and, in the same object, the fields that the seed's clients read. The error's own
 * members come first, so that none of them can stand in for a standard one.
 */
export function problemBody(
  error: DomainError,
  about: { requestId: string; route: string | null; supportId: string | null },
): ProblemBody {
  const { status, title } = kinds[error.code];
  // The seed's clients know any unclassified failure of a melt by this name.
  const failedMelt = error.code === 'INTERNAL_ERROR' && about.route === meltRoute;
  return {
    ...error.members,
    type: typeOf(error.code),
    title,
    status,
    detail: error.message,
    instance: `urn:crucible:request:${about.requestId}`,
    error: failedMelt ? kinds.PAYMENT_FAILED.title : title,
    message: error.message,
    code: error.code,
    severity: error.severity,
    retryable: error.retryable,
    ...(about.supportId === null ? {} : { supportId: about.supportId }),
  };
}

/** Last in the chain: answers, logs once, and files a report for every 5xx and every CRITICAL or HIGH. */
export function problems(parts: {
  reports: Pick<ReportService, 'file'>;
  meters: Pick<EdgeMeters, 'refused'>;
  logger: Logger;
}): ErrorRequestHandler {
  return async (thrown: unknown, req, res, _next) => {
    const error = classifyError(thrown);
    const context = contextOf(req);
    const status = statusOf(error.code);
    parts.meters.refused(error, { scheme: schemeOf(req) });
    const supportId = mustBeReported(error, status) ? await fileProblem(parts.reports, error, context) : null;
    logProblem(parts.logger, error, { ...context, status, supportId });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    setHeaders(res, error);
    res.status(status).send(Buffer.from(JSON.stringify(problemBody(error, { ...context, supportId }))));
  };
}

/** For whatever no route took. @throws DomainError NOT_FOUND */
export function unknownRoute(): RequestHandler {
  return () => {
    throw new DomainError('NOT_FOUND', 'LOW', 'Nothing was done: there is no such route. Check the address.');
  };
}

/** For an address that is taken, by other methods. @throws DomainError METHOD_NOT_ALLOWED */
export function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  const methods = allowed.join(', ');
  return (_req, res) => {
    res.set('Allow', methods);
    throw new DomainError(
      'METHOD_NOT_ALLOWED',
      'LOW',
      `Nothing was done: this address does not take the method. Use another one: ${methods}.`,
    );
  };
}

/** While the server drains, nothing new is begun; the connection is given up, so that the next try finds another instance. */
export function refuseWhileDraining(isDraining: () => boolean): RequestHandler {
  return (_req, res, next) => {
    if (!isDraining()) return next();
    res.set('Connection', 'close');
    throw new DomainError(
      'SHUTTING_DOWN',
      'HIGH',
      'This server is shutting down. Nothing was started; send the request again in a moment.',
      { retryable: true },
    );
  };
}

function setHeaders(res: Response, error: DomainError): void {
  const { status, retryAfterSeconds } = kinds[error.code];
  const asked = error.members['retryAfterSeconds'];
  const seconds = typeof asked === 'number' ? Math.ceil(asked) : retryAfterSeconds;
  res.set('Content-Type', 'application/problem+json');
  res.set('Cache-Control', 'no-store');
  if (seconds !== undefined) res.set('Retry-After', String(seconds));
  if (error.replayed) res.set('Idempotency-Replayed', 'true');
  if (status === 401) res.set('WWW-Authenticate', 'Bearer realm="crucible", Nostr realm="crucible"');
}

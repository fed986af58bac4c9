import { types } from 'node:util';
import type { Logger } from '../logger.ts';
import type { DomainError, ErrorCode } from '../models/errors.ts';
import type { ReportDraft } from '../models/report.ts';
import { describeError, redact } from '../redaction.ts';
import type { ReportService } from '../services/contracts.ts';
import type { RequestContext } from './requestContext.ts';

/** Every 5xx and every CRITICAL or HIGH is filed (docs/api). */
export function mustBeReported(error: DomainError, status: number): boolean {
  return status >= 500 || error.severity === 'CRITICAL' || error.severity === 'HIGH';
}

/**
 * Files a report, unless the one who threw has done so and says which in `members.supportId`.
 * @returns the supportId
 */
export async function fileProblem(
  reports: Pick<ReportService, 'file'>,
  error: DomainError,
  context: RequestContext,
): Promise<string> {
  const filed = error.members['supportId'];
  return typeof filed === 'string' ? filed : reports.file(reportOf(error, context));
}

/** Troubles of the whole server: one incident however many wallets they hit. */
const serverWide: readonly ErrorCode[] = [
  'DATABASE_UNAVAILABLE',
  'MINT_UNAVAILABLE',
  'MINT_ERROR',
  'SHUTTING_DOWN',
];

/**
 * What counts as one incident, and the key by which whoever cures it closes its report: `CODE` for the whole server,
 * `INTERNAL_ERROR:<route>:<error name>`, else `CODE:<transactionId, or walletId, or npub, or "server">`.
 */
export function dedupeKeyOf(error: DomainError, context: Pick<RequestContext, 'route' | 'npub'>): string {
  if (serverWide.includes(error.code)) return error.code;
  if (error.code === 'INTERNAL_ERROR') {
    const name = types.isNativeError(error.cause) ? error.cause.name : 'unknown';
    return `${error.code}:${context.route ?? 'no route'}:${name}`;
  }
  const subject =
    idOf(error, 'transactionId') ?? error.about.walletId ?? error.about.npub ?? context.npub ?? 'server';
  return `${error.code}:${subject}`;
}

function reportOf(error: DomainError, context: RequestContext): ReportDraft {
  return {
    dedupeKey: dedupeKeyOf(error, context),
    severity: error.severity,
    code: error.code,
    summary: error.message,
    ...(serverWide.includes(error.code) ? aboutNobody(error, context) : aboutWhom(error, context)),
    requestId: context.requestId,
  };
}

function aboutWhom(error: DomainError, context: RequestContext) {
  return {
    npub: error.about.npub ?? context.npub,
    walletId: error.about.walletId ?? null,
    transactionId: idOf(error, 'transactionId'),
    quoteId: idOf(error, 'quoteId'),
    details: {
      route: context.route,
      members: redact(error.members),
      cause: causeOf(error),
      ...backendOf(error),
    },
  };
}

/** Many customers are told this report: the payment of the first one would be taken for that of each. */
const aboutNobody = (error: DomainError, context: RequestContext) => ({
  details: { route: context.route, cause: causeOf(error), ...backendOf(error) },
});

/** One line per problem: 5xx and what blocks as `error`, the caller's own mistakes as `info`. */
export function logProblem(
  logger: Logger,
  error: DomainError,
  context: RequestContext & { status: number; supportId: string | null },
): void {
  logger.log(mustBeReported(error, context.status) ? 'error' : 'info', 'request refused or failed', {
    requestId: context.requestId,
    route: context.route,
    npub: context.npub,
    keyId: context.caller?.keyId,
    status: context.status,
    code: error.code,
    severity: error.severity,
    supportId: context.supportId,
    detail: error.message,
    ids: error.about,
    cause: causeOf(error),
  });
}

/** Named only where there is one. */
const backendOf = ({ about: { backendTrouble } }: DomainError) =>
  backendTrouble === undefined ? {} : { backendTrouble };

function idOf(error: DomainError, name: 'transactionId' | 'quoteId'): string | null {
  const member = error.members[name];
  return error.about[name] ?? (typeof member === 'string' ? member : null);
}

const causeOf = (error: DomainError) =>
  types.isNativeError(error.cause) ? describeError(error.cause) : null;

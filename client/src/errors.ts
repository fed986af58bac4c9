import type { Code, Problem, Severity } from './contract.ts';

/** What is known of the attempts behind an error. */
export type Attempts = {
  /** Under which the request was sent; null where it moves no money. The same key is safe to send again, a new one is not. */
  idempotencyKey: string | null;
  /**
   * Attempts before this one that may have taken effect, whatever the last answer says: nobody answered, or the answer was that a
   * first request under the same key was still running.
   */
  unanswered: number;
};

/**
 * Crucible's answer to a request that was refused or failed. `message` says what happened, whether money moved and what to do;
 * `problem` is the whole body, and its type follows from `problem.code`.
 */
export class CrucibleError extends Error implements Attempts {
  readonly problem: Problem;
  readonly code: Code;
  readonly severity: Severity;
  /** The HTTP status. */
  readonly status: number;
  /** Names the stored report, for whoever asks support; null where there is none. */
  readonly supportId: string | null;
  /** The payment or funding that it is about; null where it is about none. */
  readonly transactionId: string | null;
  /** `X-Request-Id`: what the server calls this request in its own log. */
  readonly requestId: string | null;
  /** What `Retry-After` asked for; null where it was not there. */
  readonly retryAfterMs: number | null;
  /** Whether it is what an earlier request under the same key has come to. */
  readonly replayed: boolean;
  readonly idempotencyKey: string | null;
  readonly unanswered: number;

  constructor(problem: Problem, headers: Headers, attempts: Attempts) {
    super(problem.detail);
    this.name = 'CrucibleError';
    this.problem = problem;
    this.code = problem.code;
    this.severity = problem.severity;
    this.status = problem.status;
    this.supportId = textIn(problem, 'supportId');
    this.transactionId = textIn(problem, 'transactionId');
    this.requestId = headers.get('x-request-id');
    this.retryAfterMs = retryAfterMsIn(headers);
    this.replayed = headers.get('idempotency-replayed') === 'true';
    this.idempotencyKey = attempts.idempotencyKey;
    this.unanswered = attempts.unanswered;
  }
}

/**
 * Crucible did not answer: the network failed, time ran out, the caller's signal ended the wait, or what came back (`status`) is
 * not what Crucible says. **The outcome is unknown**: the request may have taken effect. Ask again with the same
 * `idempotencyKey`. `cause` has what went wrong.
 */
export class NoAnswerError extends Error implements Attempts {
  /** `POST /api/wallet/…/melt` */
  readonly request: string;
  /** Of an answer that was not Crucible's; null where there was none. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly idempotencyKey: string | null;
  readonly unanswered: number;

  constructor(
    request: string,
    attempts: Attempts,
    more: { status?: number; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    const { idempotencyKey } = attempts;
    const advice =
      idempotencyKey === null
        ? 'Ask again'
        : `It may have taken effect: ask again with the Idempotency-Key ${idempotencyKey}, and no other`;
    const what =
      more.status === undefined
        ? `Nobody answered ${request}`
        : `What came back from ${request} with status ${more.status} is no answer that is known here`;
    super(`${what}. ${advice}.`, 'cause' in more ? { cause: more.cause } : undefined);
    this.name = 'NoAnswerError';
    this.request = request;
    this.status = more.status ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.idempotencyKey = idempotencyKey;
    this.unanswered = attempts.unanswered;
  }
}

/** The problem in an answer's body; null where it is not Crucible's, or is not about this answer. */
export function problemIn(body: string, status: number): Problem | null {
  const json = jsonIn(body);
  return isProblem(json) && json.status === status ? json : null;
}

/** Null where it is no JSON. */
export function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const isProblem = (value: unknown): value is Problem =>
  ['code', 'detail', 'severity'].every((name) => textIn(value, name) !== null);

/** `Retry-After` in milliseconds, of either form (RFC 9110, section 10.2.3); null where it is missing or is neither. */
export function retryAfterMsIn(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function textIn(value: unknown, name: string): string | null {
  const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof member === 'string' ? member : null;
}

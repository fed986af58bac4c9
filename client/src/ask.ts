import { demandKey } from './checks.ts';
import type { Credentials } from './credentials.ts';
import { CrucibleError, jsonIn, NoAnswerError, problemIn, retryAfterMsIn } from './errors.ts';
import { isWorthRepeating, longestTimerMs, pauseMs, type RetryLimits, sleep } from './retries.ts';
import { exchange, type Fetch, prepare, type RawReply } from './send.ts';

/** A request that may be repeated as it is: it moves no money, or has a key. */
export type Question = {
  method: 'GET' | 'POST';
  path: string;
  body?: object;
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** What an answer must be to be taken for one, where something hangs on it. */
  isAnswer?: (json: object, status: number) => boolean;
};

export type Way = {
  baseUrl: string;
  fetch: Fetch;
  credentials: Credentials;
  retries: RetryLimits;
  /** How long one attempt may take. */
  timeoutMs: number;
  /** Which of an owner's wallets every path is about. */
  walletId?: string;
};

export type Answer<Json> = { status: number; json: Json };

/**
 * Asks until Crucible has answered or the limits are reached; every attempt has the same key, and credentials of its own.
 * `Json`: what the contract says of this route's answers.
 * @throws CrucibleError for a refusal; NoAnswerError where the last attempt was not answered; what a signer throws, and the
 * signal's reason, where nothing was sent before that may have taken effect; TypeError for a key that no server takes
 */
export async function ask<Json extends object>(way: Way, asked: Question): Promise<Answer<Json>> {
  const question = { ...asked, path: addressed(asked.path, way.walletId) };
  const { idempotencyKey = null, signal } = question;
  const startedAt = performance.now();
  /** The last answer, or lack of one, after which the request may be under way. */
  let doubt: CrucibleError | NoAnswerError | null = null;
  let mayRenew = true;
  if (idempotencyKey !== null) demandKey(idempotencyKey);
  signal?.throwIfAborted();
  for (let repeats = 1, failures = 0, unanswered = 0; ; repeats += 1) {
    const attempt: Attempt<Json> = await tried<Json>(way, question, { idempotencyKey, unanswered }, doubt);
    if (attempt.kind === 'answered') return attempt.answer;
    const error: CrucibleError | NoAnswerError = attempt.error;
    if (error instanceof NoAnswerError || isRunning(error)) {
      doubt = error;
      unanswered += 1;
    } else if (
      error.status === 401 &&
      mayRenew &&
      way.credentials.renew(error.problem, attempt.authorization)
    ) {
      mayRenew = false;
      continue;
    }
    const { attempts, totalMs } = way.retries;
    // Where the first request is still being carried out, that is no failure of this one.
    if (!isRunning(error) || attempts === 1) failures += 1;
    if (!isWorthRepeating(error) || failures >= attempts) throw error;
    const waitMs = pauseMs(repeats, error.retryAfterMs);
    if (performance.now() + waitMs - startedAt > totalMs) throw error;
    if (!(await sleep(waitMs, signal))) throw error;
  }
}

function addressed(path: string, walletId: string | undefined): string {
  if (walletId === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}walletId=${encodeURIComponent(walletId)}`;
}

const isRunning = (error: CrucibleError | NoAnswerError): boolean =>
  error instanceof CrucibleError && error.code === 'IDEMPOTENCY_CONFLICT';

type Attempt<Json> =
  | { kind: 'answered'; answer: Answer<Json> }
  | { kind: 'failed'; error: CrucibleError | NoAnswerError; authorization: string };

type Known = { idempotencyKey: string | null; unanswered: number };

async function tried<Json extends object>(
  way: Way,
  question: Question,
  known: Known,
  doubt: CrucibleError | NoAnswerError | null,
): Promise<Attempt<Json>> {
  const { method, path, body, headers = {}, signal } = question;
  const { idempotencyKey } = known;
  const keyed = idempotencyKey === null ? {} : { 'idempotency-key': quoted(idempotencyKey) };
  const init = await prepare(
    {
      method,
      path,
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...keyed },
      ...(signal === undefined ? {} : { signal }),
    },
    way.credentials.authorize,
  ).catch((cause: unknown) => {
    // Nothing was sent this time; but it may have been before.
    throw doubt ?? cause;
  });
  const authorization = init.headers.get('authorization') ?? '';
  // From now on: people take their time to sign.
  const limit = AbortSignal.timeout(Math.ceil(Math.min(way.timeoutMs, longestTimerMs)));
  init.signal = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const reply = await exchange(way.fetch, way.baseUrl + path, init);
    const read = answerIn<Json>(reply, question, known);
    return 'json' in read
      ? { kind: 'answered', answer: read }
      : { kind: 'failed', error: read, authorization };
  } catch (cause) {
    return { kind: 'failed', error: new NoAnswerError(nameOf(question), known, { cause }), authorization };
  }
}

/** What something on the way says in Crucible's place says nothing of the request. */
function answerIn<Json extends object>(
  { status, headers, body }: RawReply,
  question: Question,
  known: Known,
): Answer<Json> | CrucibleError | NoAnswerError {
  const json = jsonIn(body);
  if (status >= 200 && status < 300 && isAnswer<Json>(json, status, question)) return { status, json };
  const problem = status >= 400 ? problemIn(body, status) : null;
  if (problem !== null) return new CrucibleError(problem, headers, known);
  return new NoAnswerError(nameOf(question), known, { status, retryAfterMs: retryAfterMsIn(headers) });
}

/** Beyond what the question itself demands, the members which the contract promises are taken on trust. */
function isAnswer<Json extends object>(json: unknown, status: number, question: Question): json is Json {
  if (typeof json !== 'object' || json === null) return false;
  if (question.path.startsWith('/api/') && Reflect.get(json, 'success') !== true) return false;
  return question.isAnswer?.(json, status) ?? true;
}

const nameOf = ({ method, path }: Question): string => `${method} ${path}`;

/** As an RFC 8941 string: a key may hold any printable character. */
const quoted = (key: string): string => `"${key.replaceAll(/["\\]/g, '\\$&')}"`;

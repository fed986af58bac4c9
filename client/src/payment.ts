import { ask, type Way } from './ask.ts';
import { demandCount } from './checks.ts';
import type { AnswerOf, BodyOf } from './contract.ts';
import { CrucibleError, NoAnswerError } from './errors.ts';
import { newIdempotencyKey } from './idempotencyKey.ts';
import {
  type Duplicate,
  isMeltAnswer,
  isOfCrucible,
  type PaymentState,
  stateAfter,
  stateIn,
  stateOf,
  type Unknown,
} from './paymentState.ts';
import { type Look, lookUntil, usualWaitMs, type Wait } from './wait.ts';

type Paid = AnswerOf<'melt', 200>;
type Pending = AnswerOf<'melt', 202>;
type Status = AnswerOf<'meltStatus', 200>;

/** What `pay` comes to, with the key to ask with again. */
export type Payment = (PaymentState | Duplicate | Unknown) & { idempotencyKey: string };

export type PayOptions = Wait & {
  /** One that was stored before, to go on after a crash. Without it, a new one is made for each call. */
  idempotencyKey?: string;
};

/** The server answers within 30 s by itself; who wants to know earlier has it answer at once. */
const serverWaitsMs = 30_000;

/**
 * Pays an invoice and waits for its end.
 * @throws CrucibleError where it was refused: nothing was paid under this key, and nothing will be unless it is sent again.
 * IDEMPOTENCY_KEY_REUSED says nothing of the other request that has the key
 */
export async function pay(
  way: Way,
  wallet: string,
  wish: BodyOf<'melt'>,
  { idempotencyKey: ownKey, waitMs = usualWaitMs, signal }: PayOptions,
): Promise<Payment> {
  demandCount('waitMs', waitMs);
  const idempotencyKey = ownKey ?? newIdempotencyKey();
  const endsAt = performance.now() + waitMs;
  const question = {
    method: 'POST',
    path: `${wallet}/melt`,
    body: wish,
    idempotencyKey,
    headers: waitMs < serverWaitsMs ? { prefer: 'respond-async' } : {},
    signal,
    isAnswer: isMeltAnswer,
  } as const;
  // No attempt begins when the wait is over.
  const retries = { ...way.retries, totalMs: Math.min(way.retries.totalMs, waitMs) };
  const begun = await ask<Paid | Pending>({ ...way, retries }, question).then(
    ({ json }) => stateIn(json),
    (error: unknown) => stateAfter(error, idempotencyKey, ownKey !== undefined),
  );
  if (begun.outcome !== 'pending' || waitMs <= 0) return { ...begun, idempotencyKey };
  const wait = {
    waitMs: Math.max(0, endsAt - performance.now()),
    ...(signal === undefined ? {} : { signal }),
  };
  return { ...(await followFrom(way, wallet, begun, wait)), idempotencyKey };
}

/** Waits for the end of a payment. @throws CrucibleError | NoAnswerError where not even its present state could be asked for */
export async function follow(
  way: Way,
  wallet: string,
  transactionId: string,
  wait: Wait,
): Promise<PaymentState> {
  demandCount('waitMs', wait.waitMs ?? usualWaitMs);
  const state = stateOf(await meltStatus(way, wallet, transactionId, wait.signal));
  return state.outcome === 'pending' ? followFrom(way, wallet, state, wait) : state;
}

/** What the server knows of a payment now. @throws CrucibleError | NoAnswerError */
export async function meltStatus(
  way: Way,
  wallet: string,
  transactionId: string,
  signal?: AbortSignal,
): Promise<Status> {
  const path = `${wallet}/melt/${encodeURIComponent(transactionId)}`;
  const isAnswer = (json: object) => Reflect.get(json, 'transactionId') === transactionId;
  return (await ask<Status>(way, { method: 'GET', path, signal, isAnswer })).json;
}

/** Never throws: a payment that cannot be looked at is pending all the same. */
async function followFrom(
  way: Way,
  wallet: string,
  begun: PaymentState & { outcome: 'pending' },
  wait: Wait,
): Promise<PaymentState> {
  const { transactionId, quoteId } = begun;
  // Looking again is the repeat.
  const once = { ...way, retries: { ...way.retries, attempts: 1 } };
  const look = async (): Promise<Look<PaymentState>> => {
    try {
      const value = stateOf(await meltStatus(once, wallet, transactionId, wait.signal));
      return { value, isFinal: value.outcome !== 'pending' };
    } catch (cause) {
      const lastError = isOfCrucible(cause) ? cause : unasked(transactionId, cause);
      const value = { outcome: 'pending', transactionId, quoteId, lastError } as const;
      // A signer that refused is not asked again and again; and who may not look now, may not in a moment.
      const isFinal = lastError !== cause || isDenied(lastError);
      return { value, isFinal, retryAfterMs: lastError.retryAfterMs };
    }
  };
  return lookUntil(look, wait);
}

const isDenied = (error: CrucibleError | NoAnswerError): boolean =>
  error instanceof CrucibleError && [401, 403, 404].includes(error.status);

const unasked = (transactionId: string, cause: unknown): NoAnswerError =>
  new NoAnswerError(
    `the question after ${transactionId}`,
    { idempotencyKey: null, unanswered: 0 },
    { cause },
  );

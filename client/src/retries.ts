import { demandCount } from './checks.ts';
import { CrucibleError, type NoAnswerError } from './errors.ts';

/** How far the client goes by itself. `attempts`: at most so many of one request; `totalMs`: no attempt begins later. */
export type RetryLimits = { attempts: number; totalMs: number };

const usualRetries: RetryLimits = { attempts: 5, totalMs: 60_000 };

/** What is undefined is as usual. @throws TypeError where a limit is none */
export function readLimits(given: Partial<RetryLimits> = {}): RetryLimits {
  const { attempts = usualRetries.attempts, totalMs = usualRetries.totalMs } = given;
  demandCount('retries.attempts', attempts);
  demandCount('retries.totalMs', totalMs);
  return { attempts, totalMs };
}

const firstPauseMs = 250;
const longestPauseMs = 8_000;

/**
 * Whether the same request may be sent again, under the same key where it has one: where nobody answered, and where the server
 * says so (`retryable`) with a status for which moments matter. An exceeded budget is retryable tomorrow, and what failed
 * inside the server wants to be looked at first.
 */
export function isWorthRepeating(error: CrucibleError | NoAnswerError): boolean {
  if (error instanceof CrucibleError)
    return error.problem.retryable && [409, 429, 502, 503].includes(error.status);
  return error.status === null || error.status === 429 || error.status >= 500;
}

/** Before the repeat of this number, from 1: growing, between half of it and all, never less than the server asks for. */
export function pauseMs(repeat: number, retryAfterMs: number | null): number {
  const grownMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (repeat - 1));
  return Math.max(retryAfterMs ?? 0, jittered(grownMs));
}

/** Between a half and the whole: many clients that failed at once do not come back at once. */
export const jittered = (ms: number): number => ms * (0.5 + Math.random() / 2);

/** Timers that are set for longer, some 25 days, fire at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** However long. Resolves to whether it slept to the end: false as soon as the signal is raised. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  const endsAt = performance.now() + ms;
  let slept = signal?.aborted !== true;
  for (let leftMs = ms; slept && leftMs > 0; leftMs = endsAt - performance.now())
    slept = await nap(Math.min(leftMs, longestTimerMs), signal);
  return slept;
}

function nap(ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (slept: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', raised);
      resolve(slept);
    };
    const raised = () => end(false);
    const timer = setTimeout(() => end(true), ms);
    signal?.addEventListener('abort', raised, { once: true });
  });
}

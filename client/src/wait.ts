import { demandCount } from './checks.ts';
import { jittered, sleep } from './retries.ts';

/** How long to go on asking. */
export type Wait = {
  /** At most so long; `Infinity` = to the end. */
  waitMs?: number;
  /** Ends the wait. What was begun goes on at the server. */
  signal?: AbortSignal;
};

/** Two minutes. */
export const usualWaitMs = 120_000;

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/** What one look came to; `retryAfterMs`: do not look again earlier. */
export type Look<Value> = { value: Value; isFinal: boolean; retryAfterMs?: number | null };

/** Looks, with growing pauses, until a look is final or the wait is over. @returns the last look @throws TypeError */
export async function lookUntil<Value>(
  look: () => Promise<Look<Value>>,
  { waitMs = usualWaitMs, signal }: Wait,
): Promise<Value> {
  demandCount('waitMs', waitMs);
  const endsAt = performance.now() + waitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const { value, isFinal, retryAfterMs } = await look();
    const leftMs = endsAt - performance.now();
    // The last look is at the very end.
    const nextMs = Math.max(Math.min(jittered(pauseMs), leftMs), retryAfterMs ?? 0);
    if (isFinal || leftMs <= 0 || nextMs > leftMs || !(await sleep(nextMs, signal))) return value;
  }
}

import { expect, it } from '@jest/globals';
import { oddForMs } from '../../src/services/melt/decision.ts';
import { factsOf } from '../../src/services/melt/facts.ts';
import { melt, startedAt } from '../support/operations.ts';

const later = (ms: number): Date => new Date(startedAt.getTime() + ms);
const refusedForMs = (lastAfterMs: number, now: Date): number | null => {
  const swapRefused = { since: startedAt, lastAt: later(lastAfterMs) };
  const times = { fenceDelayMs: 1, orphanAfterMs: 1 };
  return factsOf(melt({ state: 'swapping', swapRefused }), 'worker', times, now).swapRefusedForMs;
};

it('a swap has been refused until its latest refusal: hours of silence after one add nothing', () => {
  expect(refusedForMs(0, later(2 * oddForMs))).toBe(0);
  expect(refusedForMs(oddForMs, later(oddForMs + 1))).toBe(oddForMs);
});

import type { FaultWish } from '../../../simulator/client.ts';
import type { Flaw } from '../../../simulator/faults/faults.ts';
import type { AnswerKind, Phase, Truth } from './phases.ts';

/** A fault of the table: what it is called, whom it can meet, and what the simulator is told. */
export type FaultRow = {
  name: string;
  /** The answers that it makes sense at. */
  meets: readonly AnswerKind[] | 'every answer';
  /** The state that it makes the mint tell: no fault where that is the truth. */
  says?: Truth['says'];
  /** What it does to signatures. */
  flaws?: readonly Flaw[];
  /** Without so many signatures in the answer it changes nothing. */
  needsSignatures?: number;
  /** It stands for others of its kind where phases take one of each. */
  representative?: true;
  rules: (phase: Pick<Phase, 'request' | 'answers'>) => FaultWish[];
  /** The mint keeps change for good: the melt ends after a day. */
  withholdsChange?: true;
  /** How far the mint's own clock is off. */
  clockOffByMs?: number;
};

export const row = (
  name: string,
  fault: FaultWish['fault'],
  meets: FaultRow['meets'] = 'every answer',
): FaultRow => ({
  name,
  meets,
  rules: ({ request }) => [{ match: request, fault }],
});

export const representing = (one: FaultRow): FaultRow => ({ ...one, representative: true });

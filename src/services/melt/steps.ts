import { type Attempt, attemptsFor, type MeltOperation } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { Changes } from '../../repositories/operations.ts';
import { hasSignatures, readMelt } from '../mint/replies.ts';
import type { Decision } from './decision.ts';
import { latest } from './facts.ts';

/** One step's result: go on at once, look again later, or nothing is left to do. */
export type Step = { operation: MeltOperation; next: 'again' | 'later' | 'finished' };

export const again = (operation: MeltOperation): Step => ({ operation, next: 'again' });
export const later = (operation: MeltOperation): Step => ({ operation, next: 'later' });

/** A melt whose process died never learnt its end: it counts as ended when it is found. */
export function ended(operation: MeltOperation, at: Date): Attempt[] {
  return operation.attempts.map((attempt) =>
    attempt.purpose === 'melt' && attempt.endedAt === null ? { ...attempt, endedAt: at } : attempt,
  );
}

/** Goes on at once with an answer to work on; without one, no request is repeated in the same breath. */
export function onceAnswered(operation: MeltOperation, purpose: 'swap' | 'fence'): Step {
  return hasSignatures(latest(attemptsFor(operation, purpose))) ? again(operation) : later(operation);
}

export function repeated(operation: MeltOperation): Step {
  const reply = latest(attemptsFor(operation, 'melt'))?.reply;
  return reply && readMelt(reply).kind === 'paid' ? again(operation) : later(operation);
}

/** What a swap gave back that no token has yet. */
export function keepOf(operation: MeltOperation): Proof[] {
  return operation.bookedEarly ? [] : (operation.held?.keep ?? []);
}

/** Nothing that the mint has signed for the next exchange has been seen yet. */
export const nothingUnverified = { unverifiedSince: null, unverifiedSeenAt: null };

/** Nothing odd has been seen of a payment. */
export const nothingOddSeen = {
  partlySince: null,
  partlySeenAt: null,
  doubtedSince: null,
  doubtedSeenAt: null,
  ...nothingUnverified,
  swapRefused: null,
};

/** What one look leaves behind, for the next to compare with. */
export type Note = { changes: Changes<MeltOperation>; event: string };

type Noting = Extract<Decision, `note_${string}` | `forget_${string}`> | 'note_unverified';

/** The note that a decision of this kind makes or takes back. */
export function noteOf(decision: Noting, operation: MeltOperation, at: Date): Note {
  switch (decision) {
    case 'note_unpaid':
      return {
        changes: { unpaidSightings: operation.unpaidSightings + 1 },
        event: 'quote unpaid, inputs untouched',
      };
    case 'forget_unpaid':
      return { changes: { unpaidSightings: 0 }, event: 'the payment is moving again' };
    case 'note_partly_spent':
      return {
        changes: { partlySince: operation.partlySince ?? at, partlySeenAt: at },
        event: 'some inputs are spent, and not by us',
      };
    case 'forget_partly_spent':
      return {
        changes: { partlySince: null, partlySeenAt: null },
        event: 'the inputs are not partly spent any more',
      };
    case 'note_doubt':
      return {
        changes: { doubtedSince: operation.doubtedSince ?? at, doubtedSeenAt: at },
        event: 'the quote is called paid, and our inputs are not spent',
      };
    case 'forget_doubt':
      return {
        changes: { doubtedSince: null, doubtedSeenAt: null },
        event: 'quote and inputs do not contradict each other any more',
      };
    case 'note_unverified':
      return {
        changes: { unverifiedSince: operation.unverifiedSince ?? at, unverifiedSeenAt: at },
        event: 'signatures of the mint do not verify',
      };
    case 'forget_unverified':
      return {
        changes: nothingUnverified,
        event: 'the mint shows no signatures that do not verify any more',
      };
  }
}

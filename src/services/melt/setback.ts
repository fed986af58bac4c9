import { attemptsFor, type MeltOperation, type StoredReply } from '../../models/operation.ts';
import { withAttempt } from '../../repositories/operations.ts';
import type { Redemption } from '../ecash/redemption.ts';
import { whenUnverified } from './decision.ts';
import { latest, unverifiedFor } from './facts.ts';
import { type Note, noteOf } from './steps.ts';

/** What is to be done where a swap or fence has given no ecash. */
export type Setback =
  | { kind: 'ask_again' }
  /** People hear of it. `reply`: what the mint answered last, if that was it. `note`: null where nothing is to be kept. */
  | { kind: 'report'; reply: StoredReply | null; note: Note | null }
  | { kind: 'stop'; why: string };

/**
 * What the mint shows is not good, or it has signed nothing and its reply was not ours: that proves nothing yet. It is
 * reported, and the mint is asked again; a person is called when every look for an hour has found signatures that do not
 * verify.
 */
export function setbackOf(
  operation: MeltOperation,
  purpose: 'swap' | 'fence',
  why: Exclude<Redemption['kind'], 'proofs'>,
  at: Date,
): Setback {
  const attempt = latest(attemptsFor(operation, purpose));
  const reply = attempt?.reply ?? null;
  if (why === 'unreachable' || (why === 'unsigned' && reply === null)) return { kind: 'ask_again' };
  const then = why === 'unverified' ? whenUnverified(unverifiedFor(operation, at)) : 'wait';
  if (then === 'attention')
    return { kind: 'stop', why: `the mint's signatures for a ${purpose} do not verify` };
  const noted = then === 'note' ? noteOf('note_unverified', operation, at) : null;
  if (attempt === undefined || reply === null) return { kind: 'report', reply, note: noted };
  // So that the next look is at what the mint says then.
  const attempts = withAttempt(operation.attempts, { ...attempt, reply: null });
  const event = `the ${purpose} reply does not verify and is set aside`;
  return { kind: 'report', reply, note: { changes: { ...noted?.changes, attempts }, event } };
}

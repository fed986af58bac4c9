import { attemptsFor, enteredStateAt, isFinished, type Operation } from '../../models/operation.ts';
import { fencedRest, stateBefore } from '../../repositories/decisions.ts';
import { oddForMs } from '../operations/oddities.ts';
import type { Decision } from './contracts.ts';

/** Why a decision cannot be made about an operation as it is; null where it can. */
export function whyNot(operation: Operation, decision: Decision, at: Date): string | null {
  return (
    hasNoDoubt(operation, at) ?? (decision === 'fence' ? whyNoFence(operation) : whyNoWriteOff(operation))
  );
}

/** What is decided already needs no person. What was given up may still be taken back. */
function hasNoDoubt(operation: Operation, at: Date): string | null {
  const { kind, state } = operation;
  if (kind === 'melt' && operation.payment !== null && state !== 'needs_attention')
    return 'The mint has paid it; only its change may still come.';
  if (state === 'needs_attention' || state === 'written_off') return null;
  if (isFinished(state)) return `It has ended as ${state}.`;
  if (state === 'sent') return 'The token is out and waits for its recipient; its owner can reclaim it.';
  if (state === 'awaiting_payment') return 'Its invoice was not paid yet, and may be at any time.';
  const since = kind === 'melt' ? operation.createdAt : enteredStateAt(operation);
  if (at.getTime() - since.getTime() < oddForMs)
    return 'It has been open for less than an hour, and the server is at it; have it rechecked.';
  const fencedAt = kind === 'melt' ? operation.fenceDecidedAt : null;
  if (fencedAt !== null && at.getTime() - fencedAt.getTime() < oddForMs)
    return 'Less than an hour ago a person has decided to have its ecash taken back, which may be under way; have it rechecked.';
  return null;
}

function whyNoFence(operation: Operation): string | null {
  const { kind, state } = operation;
  if (kind !== 'melt') return whyNotTakenUp(operation);
  if (operation.payment !== null) return null; // it goes on from there, and asks for its change
  if (fencedRest(operation).length > 0)
    return 'What is left of its ecash was taken back already; write off what is missing. What of that the mint calls unspent by then comes back, too.';
  if (hasLeft(operation)) return null;
  if (state === 'written_off') return `No payment request had left. ${restoreInstead}`;
  if (state !== 'needs_attention')
    return 'No payment request has left; the server takes its ecash back by itself once the mint answers.';
  return whereItStopped(stateBefore(operation, unsentStates));
}

/** Whatever it does is a swap or an issue of its own, which takes the same ecash or quote: that is its fence. */
function whyNotTakenUp(operation: Exclude<Operation, { kind: 'melt' }>): string | null {
  const { kind, state } = operation;
  if (state === 'written_off') return restoreInstead;
  if (state !== 'needs_attention') return 'The server is at it; have it rechecked.';
  switch (kind) {
    case 'minting':
      return whereItStopped(stateBefore(operation, mintingStates));
    case 'send':
      return whereItStopped(stateBefore(operation, sendStates));
    case 'receive':
      return whereItStopped(stateBefore(operation, receiveStates));
    case 'upkeep':
      return whereItStopped(stateBefore(operation, upkeepStates));
  }
}

function whyNoWriteOff(operation: Operation): string | null {
  if (operation.kind === 'melt' && operation.payment !== null)
    return 'The mint has paid it; only its change may still come. Decide “fence” to have that asked for again.';
  return operation.state === 'written_off' ? 'It was written off before.' : null;
}

const restoreInstead =
  'It was given up, and is not taken up again. What the mint has signed of it is found by a restore of the wallet.';

const whereItStopped = (state: string | null): string | null =>
  state === null ? 'Where it was stopped, nothing can go on.' : null;

/** Whether a payment request of it has ever left, by these books. */
export const hasLeft = (operation: Operation): boolean =>
  attemptsFor(operation, 'melt').some(({ posts }) => posts > 0);

/** States from which a stopped operation goes on. A payment that these books have not sent is pending where the mint has taken its ecash. */
export const unsentStates = ['prepared', 'swapping', 'swapped', 'pending', 'releasing'] as const;
export const mintingStates = ['awaiting_payment', 'issuing'] as const;
export const sendStates = ['swapping', 'sent', 'reclaiming'] as const;
export const receiveStates = ['redeeming'] as const;
export const upkeepStates = ['swapping'] as const;

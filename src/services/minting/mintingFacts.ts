import { attemptsFor, type MintingOperation } from '../../models/operation.ts';
import type { PlannedOutput } from '../../models/proof.ts';
import { isHeldBack } from '../mint/backendTrouble.ts';
import { hasSignatures } from '../mint/replies.ts';
import { isRefused } from './issueAttempts.ts';
import type { MintingFacts, MintingView } from './mintingDecision.ts';

/** One step's result: go on at once, look again later, or nothing is left to do. */
export type Step = { operation: MintingOperation; next: 'again' | 'later' | 'finished' };

/** Goes on at once with an answer to work on; without one, no request is repeated in the same breath. */
export function onceAnswered(operation: MintingOperation): Step {
  return hasSignatures(attemptsFor(operation, 'issue').at(-1))
    ? again(operation)
    : { operation, next: 'later' };
}

export const again = (operation: MintingOperation): Step => ({ operation, next: 'again' });

export function allOutputs(operation: MintingOperation): PlannedOutput[] {
  return attemptsFor(operation, 'issue').flatMap(({ outputs }) => outputs);
}

/** With what a look has shown for the first time. The next transition stores it, whichever that is. */
export function asSeen(operation: MintingOperation, { quote }: MintingView, at: Date): MintingOperation {
  return quote === 'PAID' && operation.paidSince === null ? { ...operation, paidSince: at } : operation;
}

const withoutExpiryMs = 24 * 3_600_000;

export function factsOf(operation: MintingOperation, now: Date): MintingFacts {
  const latest = attemptsFor(operation, 'issue').at(-1);
  const expiresAtMs = operation.expiry?.getTime() ?? operation.createdAt.getTime() + withoutExpiryMs;
  // A mint whose clock is off may give an invoice that it calls expired. Whoever has it can pay it all the same.
  const expiredAtMs = Math.max(expiresAtMs, operation.createdAt.getTime());
  return {
    state: operation.state,
    signed: hasSignatures(latest),
    keysetRetired: latest !== undefined && isRefused(latest),
    heldBack: latest !== undefined && isHeldBack(latest, now),
    expiredForMs: now.getTime() - expiredAtMs,
    sinceUpdateMs: now.getTime() - operation.updatedAt.getTime(),
  };
}

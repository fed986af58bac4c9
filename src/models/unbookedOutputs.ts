import type { Attempt } from './operation.ts';
import type { OutputRole, PlannedOutput } from './proof.ts';

/**
 * The outputs of an open operation that no token holds and no request of ours can have spent: if the mint knows one of
 * them as pending or spent, somebody else has it.
 */
export function unbookedOutputs(attempts: readonly Attempt[], bookedEarly: boolean): PlannedOutput[] {
  const spending = attempts.some(
    ({ purpose, posts }) => (purpose === 'melt' || purpose === 'fence') && posts > 0,
  );
  return attempts
    .flatMap(({ outputs }) => outputs)
    .filter(({ role }) => isUnbooked(role, { spending, bookedEarly }));
}

function isUnbooked(role: OutputRole, since: { spending: boolean; bookedEarly: boolean }): boolean {
  switch (role) {
    case 'send':
      return !since.spending; // a melt or a fence that takes them has left
    case 'keep':
    case 'token':
      return !since.bookedEarly; // they stand in tokens while the operation goes on
    case 'blank':
    case 'release':
    case 'issue':
      return true; // a token holds them once the operation has ended
  }
}

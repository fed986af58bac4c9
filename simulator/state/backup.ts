import { assert } from './invariant.ts';
import type { MintBooks, State } from './state.ts';

/** Keeps the mint's own books as they are now. What Lightning knows is no mint's to keep. */
export function makeBackup(state: State): void {
  state.backup = structuredClone(booksOf(state));
}

/** The mint's books are those of the backup again: what it has signed, spent and quoted since, it has forgotten. */
export function restoreBackup(state: State): void {
  assert(state.backup !== null, 'a backup was made');
  Object.assign(state, structuredClone(state.backup));
}

function booksOf(state: State): MintBooks {
  const { keysets, mintQuotes, meltQuotes, proofs, signatures, lockedOutputs, forgottenQuotes, totals } =
    state;
  return { keysets, mintQuotes, meltQuotes, proofs, signatures, lockedOutputs, forgottenQuotes, totals };
}

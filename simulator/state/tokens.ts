import { assert } from './invariant.ts';
import type { InputRecord, SignatureRecord } from './records.ts';
import type { State } from './state.ts';

export function spend(
  state: State,
  inputs: readonly InputRecord[],
  spentBy: 'swap' | 'melt' | 'outside',
  atMs: number,
): void {
  for (const { Y, amount, keysetId, witness } of inputs) {
    assert(state.proofs.get(Y)?.state !== 'SPENT', `proof ${Y} is spent at most once`);
    state.proofs.set(Y, { Y, amount, keysetId, witness, state: 'SPENT', spentBy, atMs });
  }
}

export function hold(state: State, inputs: readonly InputRecord[], heldBy: string): void {
  for (const { Y, amount, keysetId, witness } of inputs) {
    assert(!state.proofs.has(Y), `proof ${Y} is free`);
    state.proofs.set(Y, { Y, amount, keysetId, witness, state: 'PENDING', heldBy });
  }
}

export function forget(state: State, Ys: readonly string[]): void {
  for (const Y of Ys) {
    const proof = state.proofs.get(Y);
    if (proof?.state === 'SPENT' && proof.spentBy !== 'outside') state.totals.reopened += proof.amount;
    state.proofs.delete(Y);
  }
}

export function sign(state: State, signatures: readonly SignatureRecord[]): void {
  for (const signature of signatures) {
    assert(!state.signatures.has(signature.B_), `output ${signature.B_} is signed at most once`);
    state.signatures.set(signature.B_, signature);
  }
}

export function unlock(state: State, blanks: readonly { B_: string }[] | null): void {
  for (const blank of blanks ?? []) state.lockedOutputs.delete(blank.B_);
}

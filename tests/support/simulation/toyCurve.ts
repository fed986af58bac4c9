import { sign } from './toyCashu.ts';

/** Stands in for services/ecash/curve.ts in the simulation alone (hooks.mjs), to fit the toy's signatures. */
export function unblindedPoint(C_: string): string {
  return `03${C_.slice(2)}`;
}

export function isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
  const good = sign(K, B_);
  return C_ === good.C_ && dleq.e === good.dleq.e && dleq.s === good.dleq.s;
}

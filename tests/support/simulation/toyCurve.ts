import { sign } from './toyCashu.ts';

/** Stands in for services/ecash/curve.ts in the simulation alone (hooks.mjs), to fit the toy's signatures. */
export function unblindedPoint(C_: string): string {
  return `03${C_.slice(2)}`;
}

export function isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
  const good = sign(K, B_);
  return C_ === good.C_ && dleq.e === good.dleq.e && dleq.s === good.dleq.s;
}

/** Of proofs that were handed over. Nothing in the simulation is, so far. */
export function isUnblindedDleqGood(): boolean {
  return true;
}

export const isCompressedPoint = (text: string): boolean => /^0[23][0-9a-f]{64}$/i.test(text);
export const schnorrSignature = (): string => '00'.repeat(64);

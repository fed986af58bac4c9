import { createHash } from 'node:crypto';
import {
  isPoint,
  pointAdd,
  pointCompress,
  pointFromScalar,
  pointMultiply,
  privateNegate,
  signSchnorr,
} from 'tiny-secp256k1';

/**
 * The curve arithmetic of taking over signatures and of locks, in libsecp256k1 (WebAssembly): a tenth of what JavaScript needs for it,
 * on a thread that everybody shares. Points are compressed or uncompressed hex, scalars 32 bytes in hex.
 */

/** C = C_ − rK (NUT-00), compressed hex; null where an argument is no point or no scalar, or there is no result. */
export function unblindedPoint(C_: string, blindingFactor: string, K: string): string | null {
  return orNull(() => {
    const rK = pointMultiply(bytes(K), bytes(blindingFactor));
    const C = rK === null ? null : pointAdd(bytes(C_), negated(rK), true);
    return C === null ? null : hex(C);
  });
}

/** Whether a DLEQ proof shows that `C_` is `B_` signed with the key behind `K` (NUT-12). */
export function isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
  const challenge = orNull(() => {
    const [e, s] = [privateNegate(bytes(dleq.e)), bytes(dleq.s)];
    const R1 = sum(pointFromScalar(s), pointMultiply(bytes(K), e));
    const R2 = sum(pointMultiply(bytes(B_), s), pointMultiply(bytes(C_), e));
    return R1 === null || R2 === null ? null : challengeOf([R1, R2, bytes(K), bytes(C_)]);
  });
  return challenge !== null && challenge === dleq.e.toLowerCase();
}

/** Whether a DLEQ proof that carries its blinding factor `r` shows that `C` is `Y` signed with the key behind `K` (NUT-12). */
export function isUnblindedDleqGood(
  { e, s, r }: { e: string; s: string; r: string },
  Y: string,
  C: string,
  K: string,
): boolean {
  const B_ = orNull(() => sum(bytes(Y), pointFromScalar(bytes(r))));
  const C_ = orNull(() => sum(bytes(C), pointMultiply(bytes(K), bytes(r))));
  return B_ !== null && C_ !== null && isDleqGood({ e, s }, hex(B_), hex(C_), K);
}

/** Whether a text is a point of the curve in compressed hex. */
export function isCompressedPoint(text: string): boolean {
  return /^0[23][0-9a-f]{64}$/i.test(text) && isPoint(bytes(text));
}

/** A Schnorr signature (BIP 340) over the SHA-256 of a text, in hex: the same whenever it is asked for. */
export function schnorrSignature(text: string, privateKey: Uint8Array): string {
  return hex(signSchnorr(createHash('sha256').update(text, 'utf8').digest(), privateKey));
}

/** hash_e of NUT-12: over the uncompressed points, written in hex. */
function challengeOf(points: readonly Uint8Array[]): string {
  const text = points.map((point) => hex(pointCompress(point, false))).join('');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function sum(a: Uint8Array | null, b: Uint8Array | null): Uint8Array | null {
  return a === null || b === null ? null : pointAdd(a, b);
}

/** A compressed point's opposite differs in the sign of y alone (SEC 1, 2.3.3). */
function negated(point: Uint8Array): Uint8Array {
  const opposite = Uint8Array.from(pointCompress(point, true));
  opposite[0] = opposite[0] === 2 ? 3 : 2;
  return opposite;
}

/** The library throws at what is no point or scalar. */
function orNull<T>(compute: () => T | null): T | null {
  try {
    return compute();
  } catch {
    return null;
  }
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');

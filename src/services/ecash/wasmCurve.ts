import { createHash } from 'node:crypto';
import {
  isPoint,
  isXOnlyPoint,
  pointAdd,
  pointCompress,
  pointFromScalar,
  pointMultiply,
  privateNegate,
  signSchnorr,
  verifySchnorr,
} from 'tiny-secp256k1';
import { bytes, hex, orNull } from './curveBytes.ts';

/**
 * The functions of `Curve`, in libsecp256k1 (WebAssembly): a tenth of what JavaScript needs for them. The library throws at what is
 * no point or scalar.
 */
export { outputSecrets } from './wasmSecrets.ts';

const domainSeparator = 'Secp256k1_HashToCurve_Cashu_';
/** As often NUT-00 tries; each time is good for one x in two. */
const maxTries = 2 ** 16;

export function hashToCurve(message: Uint8Array): string {
  const digest = createHash('sha256').update(domainSeparator).update(message).digest();
  const counter = Buffer.alloc(4);
  for (let tries = 0; tries < maxTries; tries += 1) {
    counter.writeUInt32LE(tries);
    const x = createHash('sha256').update(digest).update(counter).digest();
    const point = Buffer.concat([even, x]);
    if (isPoint(point)) return hex(point);
  }
  throw new Error('No point of the curve follows from this message.');
}

const even = Uint8Array.of(2);

export function blindedPoint(Y: string, blindingFactor: string): string | null {
  const B_ = orNull(() => sum(bytes(Y), pointFromScalar(bytes(blindingFactor))));
  return B_ === null ? null : hex(B_);
}

export function unblindedPoint(C_: string, blindingFactor: string, K: string): string | null {
  return orNull(() => {
    const rK = pointMultiply(bytes(K), bytes(blindingFactor));
    const C = rK === null ? null : pointAdd(bytes(C_), negated(rK), true);
    return C === null ? null : hex(C);
  });
}

export function isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
  const challenge = orNull(() => {
    const [e, s] = [privateNegate(bytes(dleq.e)), bytes(dleq.s)];
    const R1 = sum(pointFromScalar(s), pointMultiply(bytes(K), e));
    const R2 = sum(pointMultiply(bytes(B_), s), pointMultiply(bytes(C_), e));
    return R1 === null || R2 === null ? null : challengeOf([R1, R2, bytes(K), bytes(C_)]);
  });
  return challenge !== null && challenge === dleq.e.toLowerCase();
}

export function isUnblindedDleqGood(
  { e, s, r }: { e: string; s: string; r: string },
  Y: string,
  C: string,
  K: string,
): boolean {
  const B_ = blindedPoint(Y, r);
  const C_ = orNull(() => sum(bytes(C), pointMultiply(bytes(K), bytes(r))));
  return B_ !== null && C_ !== null && isDleqGood({ e, s }, B_, hex(C_), K);
}

export function isCompressedPoint(text: string): boolean {
  return /^0[23][0-9a-f]{64}$/i.test(text) && isPoint(bytes(text));
}

export function publicKeyOf(privateKey: Uint8Array): string {
  const point = pointFromScalar(privateKey, true);
  if (point === null) throw new Error('A private key has no public key.');
  return hex(point);
}

export function schnorrSignature(text: string, privateKey: Uint8Array): string {
  return hex(signSchnorr(createHash('sha256').update(text, 'utf8').digest(), privateKey));
}

export function isSchnorrGood(signature: string, digest: string, publicKeyX: string): boolean {
  const isGood = orNull(() => {
    const key = bytes(publicKeyX);
    return isXOnlyPoint(key) && verifySchnorr(bytes(digest), key, bytes(signature));
  });
  return isGood ?? false;
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

import { createHash } from 'node:crypto';
import { isXOnlyPoint, signSchnorr, verifySchnorr } from 'tiny-secp256k1';
import type { Curve } from './curve.ts';
import { bytes, hex, orNull } from './curveBytes.ts';
import type { Libsecp } from './libsecp.ts';
import { createOutputSecrets } from './libsecpSecrets.ts';

const domainSeparator = 'Secp256k1_HashToCurve_Cashu_';
/** As often NUT-00 tries; each time is good for one x in two. */
const maxTries = 2 ** 16;
const even = Uint8Array.of(2);

/** `Curve` by libsecp256k1. Schnorr signatures are made and checked in WebAssembly, whatever does the rest: there are few. */
export function createLibsecpCurve(lib: Libsecp): Curve {
  function hashToCurve(message: Uint8Array): string {
    const digest = createHash('sha256').update(domainSeparator).update(message).digest();
    const counter = Buffer.alloc(4);
    for (let tries = 0; tries < maxTries; tries += 1) {
      counter.writeUInt32LE(tries);
      const x = createHash('sha256').update(digest).update(counter).digest();
      const point = Buffer.concat([even, x]);
      if (lib.isPoint(point)) return hex(point);
    }
    throw new Error('No point of the curve follows from this message.');
  }

  function blindedPoint(Y: string, blindingFactor: string): string | null {
    const B_ = orNull(() => sum(bytes(Y), lib.timesG(bytes(blindingFactor))));
    return B_ === null ? null : hex(B_);
  }

  function unblindedPoint(C_: string, blindingFactor: string, K: string): string | null {
    const C = orNull(() => {
      const rK = lib.times(bytes(K), bytes(blindingFactor));
      return rK === null ? null : lib.plus(bytes(C_), opposite(rK));
    });
    return C === null ? null : hex(C);
  }

  function isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
    const challenge = orNull(() => {
      const [minusE, s] = [lib.negated(bytes(dleq.e)), bytes(dleq.s)];
      const R1 = sum(lib.timesG(s), lib.times(bytes(K), minusE));
      const R2 = sum(lib.times(bytes(B_), s), lib.times(bytes(C_), minusE));
      return R1 === null || R2 === null ? null : challengeOf([R1, R2, bytes(K), bytes(C_)]);
    });
    return challenge !== null && challenge === dleq.e.toLowerCase();
  }

  function isUnblindedDleqGood(
    { e, s, r }: { e: string; s: string; r: string },
    Y: string,
    C: string,
    K: string,
  ): boolean {
    const B_ = blindedPoint(Y, r);
    const C_ = orNull(() => sum(bytes(C), lib.times(bytes(K), bytes(r))));
    return B_ !== null && C_ !== null && isDleqGood({ e, s }, B_, hex(C_), K);
  }

  function publicKeyOf(privateKey: Uint8Array): string {
    const point = lib.timesG(privateKey);
    if (point === null) throw new Error('A private key has no public key.');
    return hex(point);
  }

  /** hash_e of NUT-12: over the uncompressed points, written in hex. */
  function challengeOf(points: readonly Uint8Array[]): string {
    const text = points.map((point) => hex(lib.uncompressed(point))).join('');
    return createHash('sha256').update(text, 'utf8').digest('hex');
  }

  function sum(a: Uint8Array | null, b: Uint8Array | null): Uint8Array | null {
    return a === null || b === null ? null : lib.plus(a, b);
  }

  return {
    hashToCurve,
    blindedPoint,
    unblindedPoint,
    isDleqGood,
    isUnblindedDleqGood,
    isCompressedPoint: (text) => /^0[23][0-9a-f]{64}$/i.test(text) && lib.isPoint(bytes(text)),
    publicKeyOf,
    schnorrSignature,
    isSchnorrGood,
    outputSecrets: createOutputSecrets(lib),
  };
}

function schnorrSignature(text: string, privateKey: Uint8Array): string {
  return hex(signSchnorr(createHash('sha256').update(text, 'utf8').digest(), privateKey));
}

function isSchnorrGood(signature: string, digest: string, publicKeyX: string): boolean {
  const isGood = orNull(() => {
    const key = bytes(publicKeyX);
    return isXOnlyPoint(key) && verifySchnorr(bytes(digest), key, bytes(signature));
  });
  return isGood ?? false;
}

/** A compressed point's opposite differs in the sign of y alone (SEC 1, 2.3.3). */
function opposite(point: Uint8Array): Uint8Array {
  const other = Uint8Array.from(point);
  other[0] = other[0] === 2 ? 3 : 2;
  return other;
}

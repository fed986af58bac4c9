import { createHash } from 'node:crypto';
import { inMachineCode, inWebAssembly } from './arithmetic.ts';

/** A point is 65 bytes, uncompressed (SEC 1), so that its y is computed once; a scalar is 32 bytes, big-endian. */
export type Point = Uint8Array;
export type Scalar = Uint8Array;

const { multiply, baseTimes, convert, isPoint } = inMachineCode ?? inWebAssembly;

export { baseTimes, multiply };

const domain = Buffer.from('Secp256k1_HashToCurve_Cashu_');

/** hash_to_curve of NUT-00: the first of the hashes, counting up from 0, that is the x of a point; of its two, that with an even y. */
export function hashToCurve(message: Uint8Array): Point {
  const seed = sha256(domain, message);
  const counter = Buffer.alloc(4);
  for (let tries = 0; tries < 65_536; tries += 1) {
    counter.writeUInt32LE(tries);
    const candidate = Uint8Array.of(2, ...sha256(seed, counter));
    if (isPoint(candidate)) return convert(candidate, false);
  }
  throw new Error('65,536 hashes in a row are no point');
}

/** Compressed hex, as the NUTs write points. */
export function compressedHex(point: Point): string {
  return hexOf(convert(point, true));
}

/** @returns null where it is not the compressed hex, in lower case, of a point */
export function pointFromHex(hex: string): Point | null {
  if (!/^0[23][0-9a-f]{64}$/.test(hex)) return null;
  const bytes = Buffer.from(hex, 'hex');
  return isPoint(bytes) ? convert(bytes, false) : null;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

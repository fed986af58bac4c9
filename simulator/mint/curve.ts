import { secp256k1 } from '@noble/curves/secp256k1.js';
import { pointFromScalar, pointMultiply } from 'tiny-secp256k1';

const { Fn, BASE } = secp256k1.Point;
export type Point = typeof BASE;

/** Scalar times point, in WebAssembly: a few times as quick as in JavaScript, and most of what a mint does. */
export function multiplied(point: Point, scalar: bigint): Point {
  return pointFrom(pointMultiply(point.toBytes(false), Fn.toBytes(scalar), false));
}

/** Scalar times G. */
export function baseTimes(scalar: bigint): Point {
  return pointFrom(pointFromScalar(Fn.toBytes(scalar), false));
}

function pointFrom(bytes: Uint8Array | null): Point {
  if (bytes === null)
    throw new Error('simulator invariant broken: no scalar is 0, and no point is G times 0');
  return secp256k1.Point.fromBytes(bytes);
}

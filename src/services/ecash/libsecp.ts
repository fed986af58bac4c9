import { createRequire } from 'node:module';
import {
  isPoint,
  pointAdd,
  pointCompress,
  pointFromScalar,
  pointMultiply,
  privateAdd,
  privateNegate,
} from 'tiny-secp256k1';

/**
 * Of libsecp256k1, what Cashu needs. Points are of either form of SEC 1, and compressed where they are given back; scalars are 32 bytes. All but
 * `isPoint` throw at what is no point or no scalar, and throw or give null where there is no result.
 */
export type Libsecp = {
  isPoint(bytes: Uint8Array): boolean;
  uncompressed(point: Uint8Array): Uint8Array;
  /** Scalar times G. */
  timesG(scalar: Uint8Array): Uint8Array | null;
  times(point: Uint8Array, scalar: Uint8Array): Uint8Array | null;
  plus(a: Uint8Array, b: Uint8Array): Uint8Array | null;
  /** The opposite of a scalar, in bytes of its own. */
  negated(scalar: Uint8Array): Uint8Array;
  /** The sum of two scalars, in bytes of its own. */
  sum(scalar: Uint8Array, tweak: Uint8Array): Uint8Array | null;
};

export const inWebAssembly: Libsecp = {
  isPoint,
  uncompressed: (point) => pointCompress(point, false),
  timesG: (scalar) => pointFromScalar(scalar, true),
  times: (point, scalar) => pointMultiply(point, scalar, true),
  plus: (a, b) => pointAdd(a, b, true),
  negated: privateNegate,
  sum: privateAdd,
};

/** As machine code, in a quarter of the time; null where none was built for this platform. */
export const inMachineCode: Libsecp | null = machineCode();

/** As much of the package secp256k1 as is used here. It changes the private keys that it is given. */
type Addon = {
  publicKeyVerify(bytes: Uint8Array): boolean;
  publicKeyConvert(point: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(scalar: Uint8Array): Uint8Array;
  publicKeyTweakMul(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  publicKeyCombine(points: readonly Uint8Array[]): Uint8Array;
  privateKeyNegate(scalar: Uint8Array): Uint8Array;
  privateKeyTweakAdd(scalar: Uint8Array, tweak: Uint8Array): Uint8Array;
};

function machineCode(): Libsecp | null {
  const addon = loadAddon();
  if (addon === null) return null;
  return {
    isPoint: (bytes) => (bytes.length === 33 || bytes.length === 65) && addon.publicKeyVerify(bytes),
    uncompressed: (point) => addon.publicKeyConvert(point, false),
    timesG: (scalar) => addon.publicKeyCreate(scalar),
    times: (point, scalar) => addon.publicKeyTweakMul(point, scalar),
    plus: (a, b) => addon.publicKeyCombine([a, b]),
    negated: (scalar) => addon.privateKeyNegate(Uint8Array.from(scalar)),
    sum: (scalar, tweak) => addon.privateKeyTweakAdd(Uint8Array.from(scalar), tweak),
  };
}

/** Its bindings alone: the package itself would fall back on JavaScript, which is slower than WebAssembly. */
function loadAddon(): Addon | null {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js');
  } catch {
    return null;
  }
}

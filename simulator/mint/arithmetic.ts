import { createRequire } from 'node:module';
import { isPoint, pointCompress, pointFromScalar, pointMultiply } from 'tiny-secp256k1';

/** secp256k1. Points are SEC 1 bytes of either form, scalars 32 bytes; results are uncompressed unless said otherwise. */
export type Arithmetic = {
  /** @throws Error where the scalar is 0 or beyond the order, or the bytes are no point */
  multiply(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  /** Scalar times G. @throws as `multiply` */
  baseTimes(scalar: Uint8Array): Uint8Array;
  convert(point: Uint8Array, compressed: boolean): Uint8Array;
  isPoint(bytes: Uint8Array): boolean;
};

/** libsecp256k1 in WebAssembly: a tenth of the time that JavaScript takes. */
export const inWebAssembly: Arithmetic = {
  multiply: (point, scalar) => certain(pointMultiply(point, scalar, false)),
  baseTimes: (scalar) => certain(pointFromScalar(scalar, false)),
  convert: (point, compressed) => pointCompress(point, compressed),
  isPoint,
};

/** The same library as machine code: a quarter of that again. null = none was built for this platform. */
export const inMachineCode = machineCode();

/** As much of the package secp256k1 as is used here. */
type Addon = {
  publicKeyTweakMul(point: Uint8Array, scalar: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(scalar: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyConvert(point: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyVerify(bytes: Uint8Array): boolean;
};

/** The package itself would fall back on JavaScript, which is slower than WebAssembly. */
function machineCode(): Arithmetic | null {
  const addon = loadAddon();
  if (addon === null) return null;
  return {
    multiply: (point, scalar) => addon.publicKeyTweakMul(point, scalar, false),
    baseTimes: (scalar) => addon.publicKeyCreate(scalar, false),
    convert: (point, compressed) => addon.publicKeyConvert(point, compressed),
    isPoint: (bytes) => (bytes.length === 33 || bytes.length === 65) && addon.publicKeyVerify(bytes),
  };
}

function loadAddon(): Addon | null {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js');
  } catch {
    return null;
  }
}

function certain(point: Uint8Array | null): Uint8Array {
  if (point === null) throw new Error('a point times 0 is no point');
  return point;
}

import {
  deriveSecretAndBlindingFactor,
  getPubKeyFromPrivKey,
  pointFromBytes,
  pointFromHex,
  schnorrSignMessage,
  schnorrVerifyDigest,
  unblindSignature,
  verifyDLEQProof,
  hashToCurve as yOf,
} from '@cashu/cashu-ts';
import type { OutputSecrets } from './curve.ts';
import { bytes, hex, orNull } from './curveBytes.ts';

/**
 * The functions of `Curve` by cashu-ts, for where WebAssembly is not to be had. One thing is different: each Schnorr signature is
 * another, as cashu-ts draws its nonce at random.
 */
export const hashToCurve = (message: Uint8Array): string => yOf(message).toHex(true);

export function blindedPoint(Y: string, blindingFactor: string): string | null {
  return orNull(() => pointFromHex(Y).add(timesG(blindingFactor)).toHex(true));
}

export function unblindedPoint(C_: string, blindingFactor: string, K: string): string | null {
  return orNull(() =>
    unblindSignature(pointFromHex(C_), scalar(blindingFactor), pointFromHex(K)).toHex(true),
  );
}

export function isDleqGood({ e, s }: { e: string; s: string }, B_: string, C_: string, K: string): boolean {
  const dleq = { e: bytes(e), s: bytes(s) };
  const isGood = orNull(() => verifyDLEQProof(dleq, pointFromHex(B_), pointFromHex(C_), pointFromHex(K)));
  return isGood ?? false;
}

export function isUnblindedDleqGood(
  { e, s, r }: { e: string; s: string; r: string },
  Y: string,
  C: string,
  K: string,
): boolean {
  const B_ = blindedPoint(Y, r);
  const C_ = orNull(() =>
    pointFromHex(C)
      .add(pointFromHex(K).multiply(scalar(r)))
      .toHex(true),
  );
  return B_ !== null && C_ !== null && isDleqGood({ e, s }, B_, C_, K);
}

export function isCompressedPoint(text: string): boolean {
  return /^0[23][0-9a-f]{64}$/i.test(text) && orNull(() => pointFromHex(text)) !== null;
}

export const publicKeyOf = (privateKey: Uint8Array): string => hex(getPubKeyFromPrivKey(privateKey));

export const schnorrSignature = (text: string, privateKey: Uint8Array): string =>
  schnorrSignMessage(text, privateKey);

export const isSchnorrGood = (signature: string, digest: string, publicKeyX: string): boolean =>
  schnorrVerifyDigest(signature, digest, publicKeyX);

export function outputSecrets(seed: Uint8Array, keysetId: string): (counter: number) => OutputSecrets {
  return (counter) => {
    const { secret, blindingFactor } = deriveSecretAndBlindingFactor(seed, keysetId, counter);
    return { secret: hex(secret), blindingFactor: hex(blindingFactor) };
  };
}

const timesG = (factor: string) => pointFromBytes(getPubKeyFromPrivKey(bytes(factor)));
const scalar = (text: string): bigint => BigInt(`0x${text}`);

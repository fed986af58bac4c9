import { createHash } from 'node:crypto';
import { hashToCurve } from '@cashu/cashu-ts';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { SignatureRecord } from '../state/records.ts';
import { baseTimes, multiplied, type Point } from './curve.ts';
import { type KeyPair, scalarFrom } from './keyring.ts';

const { Fn } = secp256k1.Point;

const utf8 = new TextEncoder();
const nonceLabel = utf8.encode('Cashu_DLEQ_R_v1');

/** Y = hash_to_curve(secret) (NUT-00), by which the mint remembers a proof. */
export function pointOfSecret(secret: string): Point {
  return hashToCurve(utf8.encode(secret));
}

/** NUT-00 verification: C = kY. */
export function isSignatureOn(Y: Point, C: Point, key: KeyPair): boolean {
  return multiplied(Y, key.secretKey).equals(C);
}

/**
 * Signs a blinded message (NUT-00, C_ = kB_) and proves it (NUT-12). cashu-ts has helpers for both; done
 * together, with the public key at hand and the multiplications in WebAssembly, it takes a tenth of theirs.
 */
export function signOutput(B_: Point, key: KeyPair, amount: bigint, keysetId: string): SignatureRecord {
  const C_ = multiplied(B_, key.secretKey);
  const nonce = scalarFrom(Fn.toBytes(key.secretKey), nonceMessage(key.publicKey, B_, C_));
  const challenge = challengeOf([baseTimes(nonce), multiplied(B_, nonce), key.publicKey, C_]);
  const answer = Fn.add(nonce, Fn.mul(Fn.create(BigInt(`0x${challenge}`)), key.secretKey));
  return {
    B_: B_.toHex(true),
    amount,
    keysetId,
    C_: C_.toHex(true),
    dleq: { e: challenge, s: hex(Fn.toBytes(answer)) },
  };
}

function nonceMessage(A: Point, B_: Point, C_: Point): Uint8Array {
  return Buffer.concat([nonceLabel, A.toBytes(false), B_.toBytes(false), C_.toBytes(false)]);
}

/** hash_e of NUT-12: over the uncompressed points, written in hex. */
function challengeOf(points: readonly Point[]): string {
  return createHash('sha256')
    .update(points.map((point) => point.toHex(false)).join(''))
    .digest('hex');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

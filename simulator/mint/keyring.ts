import { createHmac } from 'node:crypto';
import { deriveKeysetId, type Keys } from '@cashu/cashu-ts';
import { isPrivate } from 'tiny-secp256k1';
import { limits } from '../limits.ts';
import type { KeysetVersion } from '../options.ts';
import { baseTimes, compressedHex, hexOf, type Point, type Scalar } from './curve.ts';

/** One denomination's key: k and K = kG (NUT-01). */
export type KeyPair = { secretKey: Scalar; publicKey: Point };

export type KeysetKeys = { byAmount: ReadonlyMap<bigint, KeyPair>; publicKeys: Keys };

/** Key sets that were derived before in this process: starting a simulator is common in tests. */
const derived = new Map<string, KeysetKeys>();
const mostDerived = 64;

/** Every key of a mint, from one seed: the same seed brings the same keys back. */
export class Keyring {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** The mint's own identity (the `pubkey` of NUT-06), and those of the toy network's nodes. */
  identity(name: string): { secretKeyHex: string; publicKeyHex: string } {
    const secretKey = this.#scalar(`identity/${name}`);
    return {
      secretKeyHex: hexOf(secretKey),
      publicKeyHex: compressedHex(baseTimes(secretKey)),
    };
  }

  /** The keys of the keyset with this number, one per power of two. */
  keyset(index: number): KeysetKeys {
    const name = `${this.#seed}/${index}`;
    const known = derived.get(name);
    if (known) return known;
    const byAmount = new Map<bigint, KeyPair>();
    const publicKeys: Keys = {};
    for (let power = 0; power < limits.denominations; power += 1) {
      const amount = 1n << BigInt(power);
      const secretKey = this.#scalar(`keyset/${index}/${amount}`);
      const publicKey = baseTimes(secretKey);
      byAmount.set(amount, { secretKey, publicKey });
      publicKeys[amount.toString()] = compressedHex(publicKey);
    }
    const keys = { byAmount, publicKeys };
    if (derived.size >= mostDerived) derived.clear();
    derived.set(name, keys);
    return keys;
  }

  /** NUT-02: "00" commits to the keys alone, "01" to unit and fee as well. */
  keysetId(index: number, version: KeysetVersion, unit: string, inputFeePpk: number): string {
    return deriveKeysetId(this.keyset(index).publicKeys, {
      unit,
      input_fee_ppk: inputFeePpk,
      versionByte: Number.parseInt(version, 16),
    });
  }

  #scalar(path: string): Scalar {
    return scalarFrom(this.#seed, path);
  }
}

/** A number in 1..n-1 by HMAC-SHA256; the next counter where the hash falls outside. */
export function scalarFrom(key: string | Uint8Array, message: string | Uint8Array): Scalar {
  for (let counter = 0; counter < 256; counter += 1) {
    const hash = createHmac('sha256', key).update(message).update(Uint8Array.of(counter)).digest();
    if (isPrivate(hash)) return hash;
  }
  throw new Error('256 hashes in a row missed the curve order');
}

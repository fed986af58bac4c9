import { createHmac } from 'node:crypto';
import type { Curve, OutputSecrets } from './curve.ts';
import { hex, orNull } from './curveBytes.ts';
import { derivationOf, keysetInteger } from './keysetIds.ts';
import type { Libsecp } from './libsecp.ts';

/** A private key of BIP-32's tree. */
type Node = { key: Uint8Array; chainCode: Uint8Array };

/** From here on children follow from the private key alone (BIP-32); written as 129372'. */
const hardened = 2 ** 31;
const purpose = 129_372;
const coinType = 0;
/** The order of secp256k1 (SEC 2). */
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The secrets of a wallet in one keyset (NUT-13). See `Curve`. */
export function createOutputSecrets(lib: Libsecp): Curve['outputSecrets'] {
  /** Keysets of version 00: m/129372'/0'/{keyset}'/{counter}'/{0: secret, 1: blinding factor}. */
  function fromTree(seed: Uint8Array, keysetId: string): (counter: number) => OutputSecrets {
    const path = [purpose, coinType, keysetInteger(keysetId)];
    const ofKeyset = path.reduce(hardenedChild, master(seed));
    return (counter) => {
      if (!Number.isInteger(counter) || counter < 0 || counter >= hardened)
        throw new RangeError('A counter of a keyset of version 00 is below 2^31.');
      const ofCounter = hardenedChild(ofKeyset, counter);
      const publicKey = lib.timesG(ofCounter.key);
      if (publicKey === null) throw new Error('A private key has no public key.');
      return {
        secret: hex(child(ofCounter, publicKey, 0).key),
        blindingFactor: hex(child(ofCounter, publicKey, 1).key),
      };
    };
  }

  function hardenedChild(parent: Node, index: number): Node {
    return child(parent, Buffer.concat([Uint8Array.of(0), parent.key]), hardened + index);
  }

  /** `material`: the parent's public key or, for a hardened child, its private one. */
  function child(parent: Node, material: Uint8Array, index: number): Node {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(index);
    const digest = createHmac('sha512', parent.chainCode).update(material).update(number).digest();
    const { key: tweak, chainCode } = nodeOf(digest);
    const key = orNull(() => lib.sum(parent.key, tweak));
    // BIP-32 passes over an index without a key: one in 2^127.
    return key === null ? child(parent, material, index + 1) : { key, chainCode };
  }

  return (seed, keysetId) =>
    derivationOf(keysetId) === 'bip32' ? fromTree(seed, keysetId) : fromHashes(seed, keysetId);
}

function master(seed: Uint8Array): Node {
  return nodeOf(createHmac('sha512', 'Bitcoin seed').update(seed).digest());
}

const nodeOf = (digest: Uint8Array): Node => ({
  key: digest.subarray(0, 32),
  chainCode: digest.subarray(32),
});

/** Keysets of version 01: HMAC-SHA-256 over keyset and counter, the blinding factor taken modulo the order of the curve. */
function fromHashes(seed: Uint8Array, keysetId: string): (counter: number) => OutputSecrets {
  const id = Buffer.from(keysetId, 'hex');
  return (counter) => {
    if (!Number.isSafeInteger(counter) || counter < 0)
      throw new RangeError('A counter is a whole number that JSON says exactly.');
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(counter));
    const digest = (kind: number) =>
      createHmac('sha256', seed)
        .update('Cashu_KDF_HMAC_SHA256')
        .update(id)
        .update(number)
        .update(Uint8Array.of(kind))
        .digest();
    return { secret: hex(digest(0)), blindingFactor: scalarOf(digest(1)) };
  };
}

/**
 * 32 bytes as a scalar in hex: NUT-13 subtracts the order once where they are not below it.
 * @throws where that leaves 0, which blinds nothing
 */
export function scalarOf(digest: Uint8Array): string {
  const number = BigInt(`0x${hex(digest)}`);
  const scalar = number >= curveOrder ? number - curveOrder : number;
  if (scalar === 0n) throw new Error('A blinding factor is 0.');
  return scalar.toString(16).padStart(64, '0');
}

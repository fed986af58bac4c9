import { getEventHash } from 'nostr-tools/pure';
import { isXOnlyPoint, verifySchnorr } from 'tiny-secp256k1';
import type { NostrEvent } from '../../models/nostrEvent.ts';

/**
 * Whether the id of an event (NIP-01) is that of its content, and signed by its key (BIP 340). In WebAssembly, as this is
 * done for strangers: in JavaScript it takes ten times as long.
 */
export function isSigned(event: NostrEvent): boolean {
  if (getEventHash(event) !== event.id) return false;
  const [id, key, signature] = [event.id, event.pubkey, event.sig].map((hex) => Buffer.from(hex, 'hex'));
  if (id === undefined || key === undefined || signature === undefined || !isXOnlyPoint(key)) return false;
  return isInRange(signature) && verifySchnorr(id, key, signature);
}

/** The order of the curve. A number of a signature that is not below it is no mistake of ours, and the library throws. */
const order = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex');

const isInRange = (signature: Buffer): boolean =>
  [signature.subarray(0, 32), signature.subarray(32)].every((number) => Buffer.compare(number, order) < 0);

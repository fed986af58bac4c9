import { getEventHash } from 'nostr-tools/pure';
import type { NostrEvent } from '../../models/nostrEvent.ts';
import { curve } from '../ecash/curve.ts';

/** Whether the id of an event (NIP-01) is that of its content, and signed by its key (BIP 340). */
export function isSigned({ id, pubkey, sig, ...rest }: NostrEvent): boolean {
  return getEventHash({ ...rest, pubkey }) === id && curve.isSchnorrGood(sig, id, pubkey);
}

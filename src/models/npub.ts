import { decode, npubEncode } from 'nostr-tools/nip19';

/** Whether a text is the one canonical spelling of a Nostr public key (NIP-19: bech32, lower case, 32 bytes). */
export function isNpub(text: string): boolean {
  if (!/^npub1[02-9ac-hj-np-z]{58}$/.test(text)) return false;
  try {
    const decoded = decode(text);
    return decoded.type === 'npub' && npubEncode(decoded.data) === text;
  } catch {
    return false;
  }
}

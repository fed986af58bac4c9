/** A Nostr event (NIP-01) of the right form; nothing of it is verified. Hex is in lower case, times in unix seconds. */
export type NostrEvent = {
  id: string;
  pubkey: string;
  created_at: number;
  kind: number;
  tags: string[][];
  content: string;
  sig: string;
};

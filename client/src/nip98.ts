import type { Bytes } from './send.ts';

export type EventTemplate = { kind: number; created_at: number; tags: string[][]; content: string };
export type SignedEvent = EventTemplate & { id: string; pubkey: string; sig: string };

/** Whoever holds a Nostr key: `window.nostr` (NIP-07), or anything else that signs. */
export type NostrSigner = {
  signEvent(template: EventTemplate): Promise<SignedEvent>;
};

const httpAuthKind = 27_235;

/**
 * The `Authorization` header of NIP-98 for one request and one attempt: events are good once. The nonce makes two like requests
 * in one second two events.
 * @param atMs the server's clock, as far as it is known
 * @throws Error where the signer signed something else; whatever the signer throws
 */
export async function signRequest(
  signer: NostrSigner,
  request: { method: string; url: string; bytes: Bytes | null },
  atMs: number,
): Promise<string> {
  const { method, url, bytes } = request;
  const tags = [
    ['u', url],
    ['method', method],
    ...(bytes === null ? [] : [['payload', await sha256(bytes)]]),
    ['nonce', crypto.randomUUID()],
  ];
  const template = { kind: httpAuthKind, created_at: Math.floor(atMs / 1_000), tags, content: '' };
  const { id, pubkey, created_at, kind, tags: signedTags, content, sig } = await signer.signEvent(template);
  if (JSON.stringify(signedTags) !== JSON.stringify(tags))
    throw new Error('The signer changed the tags of the event that it was given. Nothing was sent.');
  // Signers may add members of their own, and the server takes exactly these.
  const event = { id, pubkey, created_at, kind, tags: signedTags, content, sig };
  return `Nostr ${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(event))))}`;
}

/** How far the server says that an event was behind its clock (negative: ahead); null where it says nothing of that. */
export function behindMs(detail: string): number | null {
  const [, seconds, direction] = /created_at is (\d+) s (behind|ahead of) the clock/.exec(detail) ?? [];
  if (seconds === undefined) return null;
  return (direction === 'behind' ? 1_000 : -1_000) * Number(seconds);
}

/** When the event in such a header was made, by the clock that it was given. */
export function createdAtMs(header: string): number {
  const event: SignedEvent = JSON.parse(atob(header.slice('Nostr '.length)));
  return event.created_at * 1_000;
}

async function sha256(bytes: Bytes): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

import { createHash, randomUUID } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { NostrEvent } from '../../src/models/nostrEvent.ts';

/** The address by which worlds and edges that take signed requests are known, wherever they listen. */
export const publicOrigin = 'https://crucible.test';

/** Somebody with a Nostr key. */
export type Signer = { npub: string; secretKey: Uint8Array };

export function newSigner(): Signer {
  const secretKey = generateSecretKey();
  return { npub: npubEncode(getPublicKey(secretKey)), secretKey };
}

export type ToSign = {
  method: string;
  /** Path and query. */
  target: string;
  body?: string | undefined;
  origin?: string;
  kind?: number;
  /** Unix seconds. */
  at?: number;
  content?: string;
  /** What stands in place of the tags that the request calls for; null = no such tag. */
  tags?: { u?: string | null; method?: string | null; payload?: string | null };
  moreTags?: string[][];
};

/** The event (NIP-98) for a request. Each has a nonce: two alike in one second would be one event. */
export function signedEvent(signer: Signer, request: ToSign): NostrEvent {
  const { method, target, body, origin = publicOrigin, tags = {}, moreTags = [] } = request;
  const usual = {
    u: origin + target,
    method,
    payload: body === undefined ? null : sha256(body),
    ...tags,
  };
  const named = Object.entries(usual).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const template = {
    kind: request.kind ?? 27_235,
    created_at: request.at ?? Math.floor(Date.now() / 1_000),
    content: request.content ?? '',
    tags: [...named, ...moreTags, ['nonce', randomUUID()]],
  };
  const {
    id,
    pubkey,
    created_at,
    kind,
    tags: signedTags,
    content,
    sig,
  } = finalizeEvent(template, signer.secretKey);
  return { id, pubkey, created_at, kind, tags: signedTags, content, sig };
}

/** As it stands in the header. */
export const nostrHeader = (event: unknown): string =>
  `Nostr ${Buffer.from(JSON.stringify(event)).toString('base64')}`;

/** The `Authorization` header for a request. */
export const signed = (signer: Signer, request: ToSign): string => nostrHeader(signedEvent(signer, request));

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

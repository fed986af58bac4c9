import type { RequestHandler } from 'express';
import type { NostrEvent } from '../models/nostrEvent.ts';
import type { SignedRequestService } from '../services/auth/contracts.ts';
import { unauthenticated } from '../services/auth/refusals.ts';
import { contextOf } from './requestContext.ts';

/** An event with its few tags has some 700 characters. */
const maxCredentialsLength = 4_096;
const maxTags = 32;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const hex = (digits: number) => new RegExp(`^[0-9a-f]{${digits}}$`);
const [key, signature] = [hex(64), hex(128)];
const members = ['content', 'created_at', 'id', 'kind', 'pubkey', 'sig', 'tags'];

/**
 * What stands behind `Authorization: Nostr` (NIP-98): one event as JSON in UTF-8 in base64 (RFC 4648, section 4). Exactly
 * the members of NIP-01 in exactly their forms; nothing is verified yet.
 * @throws DomainError UNAUTHENTICATED
 */
export function readSignedEvent(credentials: string): NostrEvent {
  if (credentials.length > maxCredentialsLength)
    throw refused(`has more than ${maxCredentialsLength} characters.`);
  if (!base64.test(credentials)) throw refused('is not base64 with the standard alphabet and padding.');
  const event = eventIn(jsonIn(credentials));
  if (event === null)
    throw refused(
      'is not a Nostr event of exactly id, pubkey, created_at, kind, tags, content and sig in the forms of NIP-01.',
    );
  return event;
}

function jsonIn(credentials: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(credentials, 'base64')));
  } catch {
    throw refused('is not JSON in UTF-8.');
  }
}

/** Made anew from what was checked: nostr-tools believes an object that says of itself that it is verified. */
function eventIn(json: unknown): NostrEvent | null {
  if (typeof json !== 'object' || json === null) return null;
  const { id, pubkey, created_at, kind, tags, content, sig, ...others } = { ...emptyEvent, ...json };
  const isWhole = members.every((name) => Object.hasOwn(json, name)) && Object.keys(others).length === 0;
  if (!isWhole || !matches(id, key) || !matches(pubkey, key) || !matches(sig, signature)) return null;
  if (!isCount(created_at) || !isCount(kind) || typeof content !== 'string' || !areTags(tags)) return null;
  return { id, pubkey, created_at, kind, tags, content, sig };
}

const emptyEvent: Record<keyof NostrEvent, unknown> = {
  id: null,
  pubkey: null,
  created_at: null,
  kind: null,
  tags: null,
  content: null,
  sig: null,
};

const matches = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const areTags = (value: unknown): value is string[][] =>
  Array.isArray(value) &&
  value.length <= maxTags &&
  value.every((tag) => Array.isArray(tag) && tag.length > 0 && tag.every((text) => typeof text === 'string'));

/** Holds a signed request against its body, and uses its event up: the last thing before a route does anything. */
export function completeSignature(signedRequests: Pick<SignedRequestService, 'complete'>): RequestHandler {
  return async (req, _res, next) => {
    const { caller, rawBodySha256 } = contextOf(req);
    if (caller?.by === 'signature') await signedRequests.complete(caller, rawBodySha256);
    next();
  };
}

const refused = (reason: string) =>
  unauthenticated(
    `what follows "Nostr" in the Authorization header ${reason}`,
    'Send a signed event (NIP-98).',
  );

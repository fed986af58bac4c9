import type { RequestHandler } from 'express';
import { decode, npubEncode } from 'nostr-tools/nip19';
import { type FieldProblem, validationError } from '../models/errors.ts';
import { contextOf } from './requestContext.ts';

export const npubProblem =
  'must be an npub (NIP-19): npub1 and 58 lower-case characters with a valid checksum';

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

/** Checks `:npub` of the path and notes it. @throws DomainError VALIDATION_ERROR on field `npub` */
export function checkNpub(): RequestHandler {
  return (req, _res, next) => {
    const npub = req.params['npub'];
    const problem: FieldProblem = { field: 'npub', message: npubProblem };
    if (typeof npub !== 'string' || !isNpub(npub)) throw validationError([problem]);
    contextOf(req).npub = npub;
    next();
  };
}

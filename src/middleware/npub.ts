import type { RequestHandler } from 'express';
import { type FieldProblem, validationError } from '../models/errors.ts';
import { isNpub } from '../models/npub.ts';
import { contextOf } from './requestContext.ts';

export const npubProblem =
  'must be an npub (NIP-19): npub1 and 58 lower-case characters with a valid checksum';

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

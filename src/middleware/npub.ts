import type { RequestHandler } from 'express';
import { validationError } from '../models/errors.ts';
import { isNpub } from '../models/npub.ts';
import { walletIdPattern } from '../models/wallet.ts';
import { contextOf } from './requestContext.ts';

export const npubProblem =
  'must be an npub (NIP-19): npub1 and 58 lower-case characters with a valid checksum';

const walletIdProblem = 'must be one walletId, as GET /api/wallet/{npub}/wallets tells it';

const spellingProblem = 'must be written exactly so in the query';

/**
 * Checks `:npub` of the path, and `walletId` of the query where there is one, and notes them. Written otherwise it would be one
 * that is left out, and the first wallet would pay. @throws DomainError VALIDATION_ERROR
 */
export function checkWallet(): RequestHandler {
  return (req, _res, next) => {
    const npub = req.params['npub'];
    const { walletId = null } = req.query;
    if (typeof npub !== 'string' || !isNpub(npub)) throw problem('npub', npubProblem);
    if (Object.keys(req.query).some(isMisspelt)) throw problem('walletId', spellingProblem);
    if (walletId !== null && (typeof walletId !== 'string' || !walletIdPattern.test(walletId)))
      throw problem('walletId', walletIdProblem);
    const context = contextOf(req);
    context.npub = npub;
    context.walletId = walletId;
    next();
  };
}

const isMisspelt = (name: string): boolean =>
  name !== 'walletId' && /^wallet(?:id)?$/i.test(name.replaceAll(/[^a-z]/gi, ''));

const problem = (field: string, message: string) => validationError([{ field, message }]);

import type { Request, RequestHandler } from 'express';
import type { Caller, Scope } from '../models/apiKey.ts';
import { DomainError, invariant } from '../models/errors.ts';
import type { ApiKeyService } from '../services/contracts.ts';
import { contextOf, npubOf } from './requestContext.ts';

/** Learns who is calling. @throws DomainError UNAUTHENTICATED, DATABASE_UNAVAILABLE */
export function authenticate(apiKeys: Pick<ApiKeyService, 'authenticate'>): RequestHandler {
  return async (req, _res, next) => {
    contextOf(req).caller = await apiKeys.authenticate(bearerToken(req));
    next();
  };
}

/** Demands a scope for the wallet of the path. `admin` may do everything, for every wallet. @throws DomainError FORBIDDEN */
export function requireScope(scope: Scope): RequestHandler {
  return (req, _res, next) => {
    const caller = callerOf(req);
    if (!isAdmin(caller)) {
      if (!caller.scopes.includes(scope)) throw forbidden(`this key lacks the scope ${scope}`);
      if (caller.npub !== null && caller.npub !== npubOf(req))
        throw forbidden('this key is for another wallet');
    }
    next();
  };
}

/** Demands a key that may create some wallet; which one is known only with the body (`requireCreationOf`). */
export function requireCreation(): RequestHandler {
  return (req, _res, next) => {
    const caller = callerOf(req);
    if (!isAdmin(caller) && !caller.scopes.includes('wallet:write')) {
      throw forbidden('creating a wallet takes the scope admin, or wallet:write bound to its npub');
    }
    next();
  };
}

/** A key other than admin creates a wallet for the npub that it is bound to, and for no other. @throws DomainError FORBIDDEN */
export function requireCreationOf(req: Request, npub: string): void {
  const caller = callerOf(req);
  if (!isAdmin(caller) && caller.npub !== npub)
    throw forbidden('this key may not create a wallet for this npub');
}

function bearerToken(req: Request): string {
  const header = req.get('authorization');
  if (header === undefined) throw unauthenticated('Send an API key: Authorization: Bearer crk_….');
  const [, scheme, credentials] = /^(\S+) +(\S+)$/.exec(header) ?? [];
  if (scheme?.toLowerCase() === 'nostr') {
    throw unauthenticated(
      'Signed Nostr requests (NIP-98) are not accepted here yet; send an API key as a Bearer token.',
    );
  }
  if (scheme?.toLowerCase() !== 'bearer' || credentials === undefined) {
    throw unauthenticated('The Authorization header is not of the form: Bearer crk_….');
  }
  return credentials;
}

function callerOf(req: Request): Caller {
  const { caller } = contextOf(req);
  invariant(caller !== null, 'a route checks scopes before it knows the caller');
  return caller;
}

const isAdmin = (caller: Caller): boolean => caller.scopes.includes('admin');

function unauthenticated(hint: string): DomainError {
  return new DomainError('UNAUTHENTICATED', 'LOW', `Nothing was done: no valid credentials. ${hint}`);
}

function forbidden(reason: string): DomainError {
  return new DomainError(
    'FORBIDDEN',
    'LOW',
    `Nothing was done: ${reason}. Use another key, or ask the operator for one.`,
  );
}

import type { Request, RequestHandler } from 'express';
import type { Caller, Scope } from '../models/apiKey.ts';
import { DomainError, invariant } from '../models/errors.ts';
import { unauthenticated } from '../services/auth/refusals.ts';
import type { KeyBudget, Services } from '../services/contracts.ts';
import type { Actor } from '../services/support/contracts.ts';
import { readSignedEvent } from './nip98.ts';
import { contextOf, npubOf } from './requestContext.ts';

/** The services that know callers, and the address by which clients know this server; null = no requests are signed. */
export type Doorkeepers = Pick<Services, 'apiKeys' | 'bearerTokens' | 'signedRequests'> & {
  publicOrigin: () => string | null;
};

/** A request that has not waited longer than this has not waited. */
const goodForMs = 100;

/**
 * Learns who is calling. Of a signed request only the body is left to be compared (`completeSignature`).
 * @throws DomainError UNAUTHENTICATED, DATABASE_UNAVAILABLE
 */
export function authenticate(doorkeepers: Doorkeepers): RequestHandler {
  const { apiKeys, bearerTokens, signedRequests, publicOrigin } = doorkeepers;

  async function signer(req: Request, credentials: string): Promise<Caller> {
    const origin = publicOrigin();
    if (origin === null)
      throw invalid(
        'Signed requests (NIP-98) are not taken here, because this server does not know its public address (CRUCIBLE_PUBLIC_ORIGIN). Send an API key.',
      );
    const event = readSignedEvent(credentials);
    return signedRequests.verify(event, { method: req.method, url: origin + req.originalUrl });
  }

  return async (req, _res, next) => {
    const { scheme, credentials } = credentialsOf(req);
    const context = contextOf(req);
    if (scheme === 'nostr') {
      context.caller = await signer(req, credentials);
    } else {
      const holder = credentials.startsWith('crt_') ? bearerTokens : apiKeys;
      const goodUntilMs = performance.now() + goodForMs;
      context.caller = await holder.authenticate(credentials);
      context.stillAllowed = async () => {
        if (performance.now() > goodUntilMs) await holder.authenticate(credentials);
      };
    }
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

/** Demands a scope that is for all wallets alike: a key that is bound to one is refused. @throws DomainError FORBIDDEN */
export function requireScopeForAll(scope: Scope): RequestHandler {
  return (req, _res, next) => {
    const caller = callerOf(req);
    if (!isAdmin(caller)) {
      if (!caller.scopes.includes(scope)) throw forbidden(`this key lacks the scope ${scope}`);
      if (caller.npub !== null) throw forbidden('this key is for one wallet, and this is about all of them');
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

/** Demands a request signed by a wallet's owner (NIP-98): neither a key nor a token will do. @throws DomainError FORBIDDEN */
export function requireSignature(): RequestHandler {
  return (req, _res, next) => {
    if (callerOf(req).by !== 'signature')
      throw forbidden('this takes a request signed by the owner of a wallet (NIP-98)', 'Sign the request.');
    next();
  };
}

/** The npub that signed the request. @throws InvariantBroken on a route that does not demand a signature */
export function signerOf(req: Request): string {
  const caller = callerOf(req);
  invariant(caller.by === 'signature', 'this route does not demand a signature');
  return caller.npub;
}

/** What only an admin may decide. @throws DomainError FORBIDDEN */
export function demandAdmin(req: Request): void {
  if (!isAdmin(callerOf(req))) throw forbidden('this takes the scope admin');
}

/** Who of support acts. @throws InvariantBroken on a route that does not demand a scope of support */
export function actorOf(req: Request): Actor {
  const caller = callerOf(req);
  invariant(caller.by === 'key', 'this route does not demand a scope of support');
  return { keyId: caller.keyId, label: caller.label, requestId: contextOf(req).requestId };
}

/** What the caller may spend today; null where that has no limit. */
export function budgetOf(req: Request): KeyBudget | null {
  const caller = callerOf(req);
  if (caller.by !== 'key' || caller.budgetSatPerDay === null) return null;
  return { keyId: caller.keyId, satPerDay: caller.budgetSatPerDay };
}

/** What a request shows of its caller, right or wrong: for counting who could not be told. */
export function schemeOf(req: Request): 'none' | 'nostr' | 'token' | 'key' {
  const header = req.get('authorization');
  if (header === undefined) return 'none';
  if (/^nostr /i.test(header)) return 'nostr';
  return /^bearer +crt_/i.test(header) ? 'token' : 'key';
}

/** @throws DomainError UNAUTHENTICATED */
export function credentialsOf(req: Request): { scheme: 'bearer' | 'nostr'; credentials: string } {
  const [header, ...others] = req.headersDistinct['authorization'] ?? [];
  if (header === undefined)
    throw invalid('Send an API key: Authorization: Bearer crk_…; or sign the request (NIP-98).');
  const [, named, credentials] = /^(\S+) +(\S+)$/.exec(header) ?? [];
  const scheme = named?.toLowerCase();
  if (others.length > 0 || (scheme !== 'bearer' && scheme !== 'nostr') || credentials === undefined)
    throw invalid('The Authorization header is not of the form: Bearer crk_…, Bearer crt_… or Nostr eyJ….');
  return { scheme, credentials };
}

function callerOf(req: Request): Caller {
  const { caller } = contextOf(req);
  invariant(caller !== null, 'a route checks scopes before it knows the caller');
  return caller;
}

const isAdmin = (caller: Caller): boolean => caller.scopes.includes('admin');

const invalid = (hint: string): DomainError => unauthenticated('no valid credentials.', hint);

function forbidden(reason: string, advice = 'Use another key, or ask the operator for one.'): DomainError {
  return new DomainError('FORBIDDEN', 'LOW', `Nothing was done: ${reason}. ${advice}`);
}

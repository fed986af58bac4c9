import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Caller } from '../models/apiKey.ts';
import { invariant, validationError } from '../models/errors.ts';
import type { WalletName } from '../models/wallet.ts';

/** What the edge has learnt about a request so far. */
export type RequestContext = {
  readonly requestId: string;
  /** Method and pattern, e.g. `POST /api/wallet/:npub/melt`; null until a route took it. Safe to log: no values. */
  route: string | null;
  caller: Caller | null;
  /** Whether the caller's key or token is good still, or was a moment ago. A signed request is good once, and needs no second look. @throws DomainError UNAUTHENTICATED */
  stillAllowed: () => Promise<void>;
  /** The wallet owner named in the path, once checked. */
  npub: string | null;
  /** Which of the owner's wallets the query names, once checked; null = none. */
  walletId: string | null;
  /** SHA-256 of the body exactly as it came, in hex; the bytes themselves are not kept. */
  rawBodySha256: string | null;
};

const nothingKnown = {
  route: null,
  caller: null,
  stillAllowed: async () => undefined,
  npub: null,
  walletId: null,
  rawBodySha256: null,
};

// Beside the request, not on it: typed, and gone with it.
const contexts = new WeakMap<IncomingMessage, RequestContext>();

const acceptableId = /^[A-Za-z0-9_.-]{1,64}$/;

/** First in the chain: names the request, in its answer as in our logs. A caller's own id is kept if it is harmless. */
export function requestContext(): RequestHandler {
  return (req, res, next) => {
    const given = req.get('x-request-id');
    const requestId = given !== undefined && acceptableId.test(given) ? given : randomUUID();
    contexts.set(req, { ...nothingKnown, requestId });
    res.set('X-Request-Id', requestId);
    next();
  };
}

/** A name or an address (RFC 3986, 3.2.2), and perhaps a port. */
const hostForm = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** HTTP/1.1 demands one Host, which is one (RFC 9112, 3.2). @throws DomainError VALIDATION_ERROR */
export function refuseWithoutHost(): RequestHandler {
  return (req, _res, next) => {
    const [host, ...others] = req.headersDistinct['host'] ?? [];
    if (host === undefined && req.httpVersion === '1.1')
      throw validationError([{ field: 'Host', message: 'is required' }]);
    if (others.length > 0 || !hostForm.test(host ?? ''))
      throw validationError([{ field: 'Host', message: 'must be one name or address, and perhaps a port' }]);
    next();
  };
}

/** @throws InvariantBroken where `requestContext` has not run. */
export function contextOf(req: IncomingMessage): RequestContext {
  const context = contexts.get(req);
  invariant(context !== undefined, 'a request has no context: requestContext() must come first');
  return context;
}

/** Notes which route took the request. */
export function takenBy(route: string): RequestHandler {
  return (req, _res, next) => {
    contextOf(req).route = route;
    next();
  };
}

/** The npub of the path. @throws InvariantBroken on a route that does not check one. */
export function npubOf(req: IncomingMessage): string {
  const { npub } = contextOf(req);
  invariant(npub !== null, 'this route does not check an npub');
  return npub;
}

/** Which wallet the request is about. @throws InvariantBroken on a route that does not check an npub */
export function walletNameOf(req: IncomingMessage): WalletName {
  return { npub: npubOf(req), walletId: contextOf(req).walletId };
}

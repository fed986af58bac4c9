import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { DomainError } from '../models/errors.ts';
import { type RateLimitName, rateWindowMs } from '../models/rateLimit.ts';
import type { RateLimitService } from '../services/contracts.ts';
import { contextOf, npubOf } from './requestContext.ts';

/** Empty where nothing is limited. */
export type RateLimiters = Record<'address' | 'caller' | WalletLimit, RequestHandler[]>;

/** What is counted for the wallets of each npub together: which there are, nobody has looked up by then. */
type WalletLimit = Extract<RateLimitName, 'melt' | 'compare' | 'restore'>;

/**
 * `address` comes before anybody is asked who they are, `caller` right after that, those of a wallet once the caller may do
 * so with it: nobody uses up what belongs to somebody else.
 */
export function rateLimiters(limits: RateLimitService): RateLimiters {
  if (!limits.isOn) return { address: [], caller: [], melt: [], compare: [], restore: [] };
  const byKey = limiter(limits, 'key', (req) => contextOf(req).caller?.keyId ?? 'nobody');
  const byNpub = limiter(limits, 'npub', (req) => contextOf(req).caller?.npub ?? 'nobody');
  const byCaller: RequestHandler = (req, res, next) =>
    contextOf(req).caller?.by === 'key' ? byKey(req, res, next) : byNpub(req, res, next);
  return {
    address: [limiter(limits, 'address', addressOf)],
    caller: [byCaller],
    melt: [limiter(limits, 'melt', npubOf)],
    compare: [limiter(limits, 'compare', npubOf)],
    restore: [limiter(limits, 'restore', npubOf)],
  };
}

const ipv6Subnet = 64;

/** As the outermost trusted proxy tells it; an IPv6 address by its /64, which is what one customer is given. */
function addressOf(req: Request): string {
  const { ip = '' } = req;
  const address = isIP(ip) === 0 ? (req.socket.remoteAddress ?? 'unknown') : ip;
  return ipKeyGenerator(address, ipv6Subnet);
}

/** @throws DomainError RATE_LIMITED */
function limiter(
  limits: RateLimitService,
  name: RateLimitName,
  who: (req: Request) => string,
): RequestHandler {
  return rateLimit({
    windowMs: rateWindowMs,
    limit: () => limits.perMinute(name),
    identifier: name,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: who,
    // It writes its findings to the console, and would have the address trusted that a client gives.
    validate: false,
    store: {
      localKeys: false,
      prefix: name,
      async increment(key) {
        const { requests, resetsAt } = await limits.count(name, key);
        return { totalHits: requests, resetTime: resetsAt };
      },
      // Demanded of a store, and called by options that are not used here.
      decrement: async () => {},
      resetKey: async () => {},
    },
    handler(_req, res, next) {
      const retryAfterSeconds = Math.max(1, Number(res.get('Retry-After')));
      next(tooMany(name, limits.perMinute(name), retryAfterSeconds));
    },
  });
}

const counted: Record<RateLimitName, string> = {
  address: 'requests from this address',
  key: 'requests with this API key',
  npub: 'requests of this owner',
  melt: 'payments from this wallet',
  compare: 'comparisons of this wallet with its mint',
  restore: 'recoveries of this wallet',
};

function tooMany(name: RateLimitName, perMinute: number, retryAfterSeconds: number): DomainError {
  return new DomainError(
    'RATE_LIMITED',
    'LOW',
    `Nothing was done, and nothing was sent or paid for this request: ${counted[name]} are limited to ${perMinute} a minute. Try again in ${retryAfterSeconds} s.`,
    { retryable: true, members: { limitedBy: name, perMinute, retryAfterSeconds } },
  );
}

import type { RequestHandler } from 'express';
import { authController } from './controllers/auth.ts';
import { healthController } from './controllers/health.ts';
import { meltController } from './controllers/melts.ts';
import { mintingController } from './controllers/mintings.ts';
import { walletController } from './controllers/wallets.ts';
import type { Scope } from './models/apiKey.ts';
import type { Services } from './services/contracts.ts';

/**
 * `public` asks nobody; `creation` is for keys that may create a wallet; `signature` for requests signed by a wallet's owner;
 * a scope is checked against `:npub`.
 */
export type Access = 'public' | 'creation' | 'signature' | Scope;

/** `limit`: what the route counts beside the address and the caller, which all but public routes do. */
export type Route = {
  method: 'get' | 'post';
  path: string;
  access: Access;
  limit?: 'melt';
  handler: RequestHandler;
};

/** Every route there is, with who may call it. A route without a rule cannot be written down here. */
export function routeTable(services: Services): Route[] {
  const wallets = walletController(services.wallets);
  const mintings = mintingController(services.mintings);
  const melts = meltController(services.melts);
  const health = healthController(services.health);
  const auth = authController(services.bearerTokens);
  const wallet = '/api/wallet/:npub';
  return [
    { method: 'get', path: '/livez', access: 'public', handler: health.live },
    { method: 'get', path: '/readyz', access: 'public', handler: health.ready },
    { method: 'post', path: '/api/auth/token', access: 'signature', handler: auth.token },
    { method: 'post', path: '/api/wallet/create', access: 'creation', handler: wallets.create },
    { method: 'get', path: `${wallet}/info`, access: 'wallet:read', handler: wallets.info },
    { method: 'get', path: `${wallet}/balance`, access: 'wallet:read', handler: wallets.balance },
    { method: 'post', path: `${wallet}/mint`, access: 'wallet:write', handler: mintings.request },
    { method: 'post', path: `${wallet}/mint/complete`, access: 'wallet:write', handler: mintings.complete },
    { method: 'post', path: `${wallet}/melt/quote`, access: 'wallet:melt', handler: melts.quote },
    { method: 'post', path: `${wallet}/melt`, access: 'wallet:melt', limit: 'melt', handler: melts.melt },
    { method: 'get', path: `${wallet}/melt/:transactionId`, access: 'wallet:read', handler: melts.status },
  ];
}

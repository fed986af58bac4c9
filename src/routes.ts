import type { RequestHandler } from 'express';
import { authController } from './controllers/auth.ts';
import { docsController } from './controllers/docs.ts';
import { healthController } from './controllers/health.ts';
import { meltController } from './controllers/melts.ts';
import { metricsController } from './controllers/metrics.ts';
import { mintingController } from './controllers/mintings.ts';
import { reconcileController } from './controllers/reconcile.ts';
import { restoreController } from './controllers/restore.ts';
import { supportController } from './controllers/support.ts';
import { tokenController } from './controllers/tokens.ts';
import { transactionController } from './controllers/transactions.ts';
import { walletController } from './controllers/wallets.ts';
import type { Scope } from './models/apiKey.ts';
import { openApiDocument } from './openapi/document.ts';
import type { Services } from './services/contracts.ts';

/**
 * `public` asks nobody; `metrics` for the token of the settings, since a key could not be looked up while the database is away; `creation` is for keys that may create a wallet; `signature` for requests signed by a wallet's owner;
 * a scope is checked against `:npub`, but for those of support, which are for all wallets.
 */
export type Access = 'public' | 'metrics' | 'creation' | 'signature' | Scope;

/**
 * `limit`: what the route counts beside the address and the caller, which all of `/api` count; of public routes, whether they
 * count the address.
 */
export type Route = {
  method: 'get' | 'post';
  path: string;
  access: Access;
  limit?: 'melt' | 'compare' | 'restore' | 'address';
  handler: RequestHandler;
};

/** Every route there is, with who may call it. A route without a rule cannot be written down here. */
export function routeTable(services: Services): Route[] {
  const routes: Route[] = [];
  // It describes itself as well, and so is complete by the time that it is read.
  const docs = docsController(() => openApiDocument(routes));
  const wallets = walletController(services.wallets);
  const mintings = mintingController(services.mintings);
  const melts = meltController(services.melts);
  const transactions = transactionController(services.transactions);
  const tokens = tokenController(services.sends, services.receives);
  const reconciling = reconcileController(services.reconciling);
  const restores = restoreController(services.restores);
  const health = healthController(services.health);
  const auth = authController(services.bearerTokens);
  const support = supportController(services.support);
  const metrics = metricsController(services.metrics);
  const wallet = '/api/wallet/:npub';
  routes.push(
    { method: 'get', path: '/livez', access: 'public', handler: health.live },
    { method: 'get', path: '/readyz', access: 'public', handler: health.ready },
    { method: 'get', path: '/metrics', access: 'metrics', handler: metrics.scrape },
    { method: 'get', path: '/openapi.json', access: 'public', limit: 'address', handler: docs.openApi },
    { method: 'get', path: '/docs', access: 'public', limit: 'address', handler: docs.docs },
    { method: 'get', path: '/docs/:file', access: 'public', limit: 'address', handler: docs.file },
    { method: 'post', path: '/api/auth/token', access: 'signature', handler: auth.token },
    { method: 'post', path: '/api/wallet/create', access: 'creation', handler: wallets.create },
    { method: 'get', path: `${wallet}/wallets`, access: 'wallet:read', handler: wallets.list },
    { method: 'get', path: `${wallet}/info`, access: 'wallet:read', handler: wallets.info },
    { method: 'get', path: `${wallet}/balance`, access: 'wallet:read', handler: wallets.balance },
    { method: 'post', path: `${wallet}/mint`, access: 'wallet:write', handler: mintings.request },
    { method: 'post', path: `${wallet}/mint/complete`, access: 'wallet:write', handler: mintings.complete },
    { method: 'post', path: `${wallet}/send`, access: 'wallet:melt', limit: 'melt', handler: tokens.send },
    { method: 'get', path: `${wallet}/send/:transactionId`, access: 'wallet:melt', handler: tokens.status },
    {
      method: 'post',
      path: `${wallet}/send/:transactionId/reclaim`,
      access: 'wallet:write',
      handler: tokens.reclaim,
    },
    { method: 'post', path: `${wallet}/receive`, access: 'wallet:write', handler: tokens.receive },
    { method: 'post', path: `${wallet}/melt/quote`, access: 'wallet:melt', handler: melts.quote },
    { method: 'post', path: `${wallet}/melt`, access: 'wallet:melt', limit: 'melt', handler: melts.melt },
    { method: 'get', path: `${wallet}/melt/:transactionId`, access: 'wallet:read', handler: melts.status },
    { method: 'get', path: `${wallet}/transactions`, access: 'wallet:read', handler: transactions.list },
    {
      method: 'get',
      path: `${wallet}/transactions/:transactionId`,
      access: 'wallet:read',
      handler: transactions.get,
    },
    {
      method: 'post',
      path: `${wallet}/proofs/status`,
      access: 'wallet:read',
      limit: 'compare',
      handler: reconciling.compare,
    },
    {
      method: 'post',
      path: `${wallet}/reconcile`,
      access: 'wallet:write',
      limit: 'compare',
      handler: reconciling.reconcile,
    },
    {
      method: 'post',
      path: `${wallet}/restore`,
      access: 'wallet:write',
      limit: 'restore',
      handler: restores.restore,
    },
    { method: 'get', path: `${wallet}/restore`, access: 'wallet:read', handler: restores.present },
    { method: 'get', path: '/api/support/reports', access: 'support:read', handler: support.list },
    { method: 'get', path: '/api/support/reports/:supportId', access: 'support:read', handler: support.get },
    {
      method: 'post',
      path: '/api/support/reports/:supportId/resolve',
      access: 'support:write',
      handler: support.resolve,
    },
    {
      method: 'post',
      path: '/api/support/operations/:transactionId/recheck',
      access: 'support:write',
      handler: support.recheck,
    },
    {
      method: 'post',
      path: '/api/support/operations/:transactionId/decide',
      access: 'support:write',
      handler: support.decide,
    },
  );
  return routes;
}

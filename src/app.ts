import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import {
  authenticate,
  type Doorkeepers,
  requireCreation,
  requireScope,
  requireScopeForAll,
  requireSignature,
} from './middleware/authenticate.ts';
import { cors } from './middleware/cors.ts';
import { jsonBody } from './middleware/jsonBody.ts';
import { requireMetricsToken } from './middleware/metricsToken.ts';
import { completeSignature } from './middleware/nip98.ts';
import { noteAnswers } from './middleware/noteAnswers.ts';
import { checkWallet } from './middleware/npub.ts';
import { methodNotAllowed, problems, refuseWhileDraining, unknownRoute } from './middleware/problems.ts';
import { type RateLimiters, rateLimiters } from './middleware/rateLimits.ts';
import { refuseWithoutHost, requestContext, takenBy } from './middleware/requestContext.ts';
import { type Route, routeTable } from './routes.ts';
import type { Services } from './services/contracts.ts';
import type { EdgeMeters } from './services/metrics/contracts.ts';

export type AppParts = {
  services: Services;
  meters: EdgeMeters;
  logger: Logger;
  isDraining: () => boolean;
  /** Scheme, host and port by which clients know this server, for signed requests; null = unknown. */
  publicOrigin: () => string | null;
  config: Pick<Config, 'trustedProxies' | 'corsOrigins'>;
};

/** The whole HTTP edge: `docs/api` made of the services. It never listens; `startServer` does. */
export function createApp({ services, meters, logger, isDraining, publicOrigin, config }: AppParts): Express {
  const { trustedProxies, corsOrigins } = config;
  const limiters = rateLimiters(services.rateLimits);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // For the address alone by which requests are counted.
  app.set('trust proxy', trustedProxies.length === 0 ? false : [...trustedProxies]);
  app.set('query parser', 'simple');

  app.use(requestContext());
  app.use(noteAnswers(meters));
  app.use(helmet());
  if (corsOrigins.length > 0) app.use(cors(corsOrigins));
  app.use(refuseWithoutHost());
  app.use('/api', noStore, refuseWhileDraining(isDraining), ...limiters.address);
  for (const [path, routes] of Map.groupBy(routeTable(services), ({ path }) => path)) {
    for (const route of routes)
      app[route.method](
        path,
        takenBy(`${route.method.toUpperCase()} ${path}`),
        ...guards(route, limiters, { ...services, publicOrigin }),
        route.handler,
      );
    app.all(path, methodNotAllowed(routes.flatMap(({ method }) => methodsOf[method])));
  }
  // What is asked for below /api was counted before.
  app.use(/^(?!\/api(?:\/|$))/i, ...limiters.address, unknownRoute());
  app.use(unknownRoute());
  app.use(problems({ reports: services.reports, meters, logger }));
  return app;
}

/** GET answers HEAD as well (RFC 9110, 9.3.2). */
const methodsOf: Record<Route['method'], string[]> = { get: ['GET', 'HEAD'], post: ['POST'] };

/**
 * 401 before anything else, then the caller's limit, the shape of npub and walletId, 403, the route's own limit, and only then is a body
 * read. What a signed request says of it is the last thing to be checked.
 */
function guards(
  { access, limit }: Route,
  limiters: RateLimiters,
  doorkeepers: Doorkeepers & Pick<Services, 'metrics'>,
): RequestHandler[] {
  const caller = [authenticate(doorkeepers), ...limiters.caller];
  const own = limit === undefined ? [] : limiters[limit];
  const body = [...jsonBody(), completeSignature(doorkeepers.signedRequests)];
  switch (access) {
    case 'public':
      return own;
    case 'metrics':
      return [requireMetricsToken(doorkeepers.metrics)];
    case 'creation':
      return [...caller, requireCreation(), ...body];
    case 'signature':
      return [...caller, requireSignature(), ...body];
    case 'support:read':
    case 'support:write':
      return [...caller, requireScopeForAll(access), ...own, ...body];
    default:
      return [...caller, checkWallet(), requireScope(access), ...own, ...body];
  }
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

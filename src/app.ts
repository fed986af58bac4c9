import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from './logger.ts';
import {
  authenticate,
  type Doorkeepers,
  requireCreation,
  requireScope,
  requireSignature,
} from './middleware/authenticate.ts';
import { jsonBody } from './middleware/jsonBody.ts';
import { completeSignature } from './middleware/nip98.ts';
import { checkNpub } from './middleware/npub.ts';
import { problems, refuseWhileDraining, unknownRoute } from './middleware/problems.ts';
import { refuseWithoutHost, requestContext, takenBy } from './middleware/requestContext.ts';
import { type Access, routeTable } from './routes.ts';
import type { Services } from './services/contracts.ts';

export type AppParts = {
  services: Services;
  logger: Logger;
  isDraining: () => boolean;
  /** Scheme, host and port by which clients know this server, for signed requests; null = unknown. */
  publicOrigin: () => string | null;
};

/** The whole HTTP edge: `docs/api` made of the services. It never listens; `startServer` does. */
export function createApp({ services, logger, isDraining, publicOrigin }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', false);
  app.set('query parser', 'simple');

  app.use(requestContext());
  app.use(helmet());
  app.use(refuseWithoutHost());
  app.use('/api', noStore, refuseWhileDraining(isDraining));
  for (const { method, path, access, handler } of routeTable(services)) {
    app[method](
      path,
      takenBy(`${method.toUpperCase()} ${path}`),
      ...guards(access, { ...services, publicOrigin }),
      handler,
    );
  }
  app.use(unknownRoute());
  app.use(problems({ reports: services.reports, logger }));
  return app;
}

/**
 * 401 before anything else, then the npub's shape, then 403, and only then is a body read. What a signed request says of it
 * is the last thing to be checked.
 */
function guards(access: Access, doorkeepers: Doorkeepers): RequestHandler[] {
  const body = [...jsonBody(), completeSignature(doorkeepers.signedRequests)];
  switch (access) {
    case 'public':
      return [];
    case 'creation':
      return [authenticate(doorkeepers), requireCreation(), ...body];
    case 'signature':
      return [authenticate(doorkeepers), requireSignature(), ...body];
    default:
      return [authenticate(doorkeepers), checkNpub(), requireScope(access), ...body];
  }
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from './logger.ts';
import { authenticate, requireCreation, requireScope } from './middleware/authenticate.ts';
import { jsonBody } from './middleware/jsonBody.ts';
import { checkNpub } from './middleware/npub.ts';
import { problems, refuseWhileDraining, unknownRoute } from './middleware/problems.ts';
import { refuseWithoutHost, requestContext, takenBy } from './middleware/requestContext.ts';
import { type Access, routeTable } from './routes.ts';
import type { ApiKeyService, Services } from './services/contracts.ts';

export type AppParts = { services: Services; logger: Logger; isDraining: () => boolean };

/** The whole HTTP edge: `docs/api` made of the services. It never listens; `startServer` does. */
export function createApp({ services, logger, isDraining }: AppParts): Express {
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
      ...guards(access, services.apiKeys),
      handler,
    );
  }
  app.use(unknownRoute());
  app.use(problems({ reports: services.reports, logger }));
  return app;
}

/** 401 before anything else, then the npub's shape, then 403, and only then is a body read. */
function guards(access: Access, apiKeys: ApiKeyService): RequestHandler[] {
  if (access === 'public') return [];
  if (access === 'creation') return [authenticate(apiKeys), requireCreation(), ...jsonBody()];
  return [authenticate(apiKeys), checkNpub(), requireScope(access), ...jsonBody()];
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

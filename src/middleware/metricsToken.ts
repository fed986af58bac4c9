import type { RequestHandler } from 'express';
import { unauthenticated } from '../services/auth/refusals.ts';
import type { MetricsService } from '../services/metrics/contracts.ts';
import { credentialsOf } from './authenticate.ts';

/** Neither keys nor signatures open this: they would have to be looked up in the database, which may be what is amiss. @throws DomainError UNAUTHENTICATED */
export function requireMetricsToken(metrics: Pick<MetricsService, 'admits'>): RequestHandler {
  return (req, _res, next) => {
    if (metrics.admits(null)) return next();
    const { scheme, credentials } = credentialsOf(req);
    if (scheme === 'bearer' && metrics.admits(credentials)) return next();
    throw unauthenticated(
      'this is not the token for the metrics.',
      'Send what CRUCIBLE_METRICS_TOKEN is set to; where it is not set, nobody is shown any.',
    );
  };
}

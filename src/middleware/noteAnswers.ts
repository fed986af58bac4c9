import type { RequestHandler } from 'express';
import type { EdgeMeters } from '../services/metrics/contracts.ts';
import { contextOf } from './requestContext.ts';

/** Notes every answer once it has left, or that nobody was there any more to take it. */
export function noteAnswers(meters: Pick<EdgeMeters, 'answered'>): RequestHandler {
  return (req, res, next) => {
    const startedMs = performance.now();
    res.once('close', () => {
      meters.answered({
        route: contextOf(req).route,
        status: res.writableFinished ? res.statusCode : null,
        seconds: (performance.now() - startedMs) / 1_000,
        isReplay: res.getHeader('Idempotency-Replayed') === 'true',
      });
    });
    next();
  };
}

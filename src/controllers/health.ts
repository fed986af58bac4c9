import type { RequestHandler } from 'express';
import { DomainError } from '../models/errors.ts';
import type { HealthService, Readiness } from '../services/contracts.ts';

/** Handlers for whoever starts, stops and balances instances. */
export function healthController(health: HealthService) {
  const live: RequestHandler = (_req, res) => {
    res.json({ status: 'ok' });
  };

  const ready: RequestHandler = async (_req, res) => {
    const readiness = await health.readiness();
    if (!readiness.ready) throw notReady(readiness);
    res.json(readiness);
  };

  return { live, ready };
}

/** 503 in the same form as every other error, with the readiness beside it. A mint's silence alone never gets here. */
function notReady(readiness: Readiness): DomainError {
  const members = {
    ready: false,
    database: readiness.database,
    draining: readiness.draining,
    mints: readiness.mints.map(({ url, answeredMsAgo, circuit }) => ({ url, answeredMsAgo, circuit })),
  };
  const options = { retryable: true, members };
  return readiness.draining
    ? new DomainError(
        'SHUTTING_DOWN',
        'HIGH',
        'This server is shutting down and takes no new requests.',
        options,
      )
    : new DomainError(
        'DATABASE_UNAVAILABLE',
        'HIGH',
        'The database has no writable primary in reach.',
        options,
      );
}

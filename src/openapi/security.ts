import type { ErrorCode } from '../models/errors.ts';
import type { Schema } from './schema.ts';

/** OpenAPI's `http` schemes are those of IANA's register, which has no "Nostr": so this one is told as a header. */
export const securitySchemes: Record<string, Schema> = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'crk_…',
    description: 'An API key, with scopes; it may be bound to one npub, expire, and have a daily budget.',
  },
  metricsToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'What `CRUCIBLE_METRICS_TOKEN` is set to. It opens `GET /metrics` and nothing else.',
  },
  ownerToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'crt_…',
    description: 'What a signed request was exchanged for at `POST /api/auth/token`: good for five minutes.',
  },
  signedRequest: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'NIP-98: `Nostr `, then an event of kind 27235 in base64, signed by the npub’s key, with the tags `u` (public origin, path and query), `method` and, where there is a body, `payload` (its SHA-256). Good for one request, within 60 s.',
  },
};

/** What opens a route: one of these. The names behind an API key are the scopes that it must have. */
export function security(access: string): Schema[] {
  if (access === 'public') return [];
  if (access === 'metrics') return [{ metricsToken: [] }, {}];
  const signed = { signedRequest: [] };
  if (access === 'signature') return [signed];
  if (access.startsWith('support:')) return [{ apiKey: [access] }];
  const scope = access === 'creation' ? 'wallet:write' : access;
  return [{ apiKey: [scope] }, { ownerToken: [] }, signed];
}

/** The refusals that a route's place in the app makes, before it is asked itself (`guards` in app.ts). */
export function guardRefusals(route: { path: string; access: string; limit?: string }): ErrorCode[] {
  const always: ErrorCode[] = ['VALIDATION_ERROR', 'INTERNAL_ERROR'];
  if (!route.path.startsWith('/api/'))
    return route.limit === undefined ? always : [...always, 'RATE_LIMITED'];
  return [
    ...always,
    'RATE_LIMITED',
    'SHUTTING_DOWN',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'DATABASE_UNAVAILABLE',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  ];
}

import type { ErrorCode } from '../models/errors.ts';
import type { Schema } from './schema.ts';
import { exampleStatusUrl } from './values.ts';

/** OpenAPI's Header Object; `required`: it is always there. */
type Header = { description: string; required?: true; schema: Schema };

const string = (description: string, example: string, more: Schema = {}): Header => ({
  description,
  schema: { type: 'string', ...more, examples: [example] },
});
const always = (header: Header): Header => ({ ...header, required: true });
const only = (description: string, value: string): Header => ({
  description,
  schema: { type: 'string', const: value },
});

const retryAfter = string('Seconds to wait', '5', { pattern: '^[0-9]+$' });

/** Every header that an answer may have, by the name of its component. */
export const headerComponents = {
  'X-Request-Id': always(
    string('Names the request: the caller’s own id if it was harmless', 'order-7', {
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
    }),
  ),
  RateLimit: string('What is left of each limit (IETF draft 8)', '"address"; r=2999; t=60'),
  'RateLimit-Policy': string('What each limit allows (IETF draft 8)', '"address"; q=3000; w=60; pk=:MTI3:'),
  'Retry-After': always(retryAfter),
  'Retry-After.perhaps': retryAfter,
  'Idempotency-Replayed': only(
    'Present where the outcome is that of an earlier request with the same Idempotency-Key',
    'true',
  ),
  'WWW-Authenticate': always(
    string('How to authenticate', 'Bearer realm="crucible", Nostr realm="crucible"'),
  ),
  Location: always(string('The same as statusUrl', exampleStatusUrl, { format: 'uri-reference' })),
  'Preference-Applied': only('Confirms `Prefer`', 'respond-async'),
  Allow: always(string('The methods that the address takes', 'GET, HEAD')),
} satisfies Record<string, Header>;

export type HeaderName = keyof typeof headerComponents;
export type Traits = { isLimited: boolean; isIdempotent: boolean };

/** Those of any answer of a route. */
export const headersOf = ({ isLimited, isIdempotent }: Traits): HeaderName[] => [
  'X-Request-Id',
  ...(isLimited ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
  ...(isIdempotent ? (['Idempotency-Replayed'] as const) : []),
];

/** Those of an error, besides. `codes`: all that the status may mean. */
export function errorHeaders(
  codes: readonly ErrorCode[],
  saysWhen: (code: ErrorCode) => boolean,
): HeaderName[] {
  const waiting = codes.filter(saysWhen);
  const names: HeaderName[] = [];
  if (codes.includes('UNAUTHENTICATED')) names.push('WWW-Authenticate');
  if (codes.includes('METHOD_NOT_ALLOWED')) names.push('Allow');
  if (waiting.length > 0) names.push(waiting.length === codes.length ? 'Retry-After' : 'Retry-After.perhaps');
  return names;
}

/** As a Response Object has them. */
export const referTo = (names: readonly HeaderName[]): Schema =>
  Object.fromEntries(
    names.map((name) => [name.replace('.perhaps', ''), { $ref: `#/components/headers/${name}` }]),
  );

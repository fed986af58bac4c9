import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { validationError } from '../models/errors.ts';
import type { IdempotencyKey } from '../services/contracts.ts';

const problem = {
  field: 'Idempotency-Key',
  message: 'must be sent once, with 1 to 255 printable ASCII characters, quoted or not',
};

/**
 * Reads `Idempotency-Key`; undefined where none was sent. `"abc"` (an RFC 8941 string) and `abc` are the same key.
 * @param body the validated body: its meaning is hashed, so that spaces and the order of fields do not matter.
 * @throws DomainError VALIDATION_ERROR
 */
export function readIdempotencyKey(
  req: Pick<Request, 'headersDistinct'>,
  route: IdempotencyKey['route'],
  body: object,
): IdempotencyKey | undefined {
  const [header, ...others] = req.headersDistinct['idempotency-key'] ?? [];
  if (header === undefined) return undefined;
  const key = header.startsWith('"') ? unquote(header) : header;
  if (others.length > 0 || key === null || !/^[\x20-\x7e]{1,255}$/.test(key))
    throw validationError([problem]);
  return { route, key, bodyHash: createHash('sha256').update(canonicalJson(body)).digest('hex') };
}

/** The text inside an RFC 8941 string, or null if it is none. */
function unquote(header: string): string | null {
  const inside = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1];
  return inside === undefined ? null : inside.replaceAll(/\\(["\\])/g, '$1');
}

/** JSON with the fields of every object in one fixed order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`);
  return `{${fields.join(',')}}`;
}

import Joi from 'joi';
import { StartFailure } from './failure.ts';

export type Reply = { status: number; statusText: string; body: unknown; tookMs: number };

const limitMs = 60_000;

/**
 * Talks to the server as any customer would: HTTP and a key.
 * @throws StartFailure with the server's own words where it refuses
 */
export async function call(
  method: 'GET' | 'POST',
  url: string,
  options: { key?: string; body?: object; signal: AbortSignal },
): Promise<Reply> {
  const { key, body, signal } = options;
  const startedAt = performance.now();
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  });
  const replied: unknown = await response.json();
  const { status, statusText, ok } = response;
  if (!ok)
    throw new StartFailure(`${method} ${new URL(url).pathname} was refused (${status}): ${words(replied)}`);
  return { status, statusText, body: replied, tookMs: performance.now() - startedAt };
}

/** The part of a reply that is needed, checked. */
export function read<T>(schema: Joi.ObjectSchema<T>, { body }: Reply): T {
  return Joi.attempt(body, schema.unknown(true).required(), 'The server gave an unexpected answer:');
}

function words(problem: unknown): string {
  const hasDetail = typeof problem === 'object' && problem !== null && 'detail' in problem;
  return hasDetail ? String(problem.detail) : 'it did not say why';
}

import { type Dispatcher, errors, Pool } from 'undici';
import { invariant } from '../../models/errors.ts';
import { type ConnectorOptions, guardedConnector, NotConnected } from './guardedConnector.ts';

/**
 * What came back from one HTTP exchange with a mint. Faults are values: whoever sends money must be able to say exactly
 * what it knows. `lost` means that the request may or may not have been carried out, bar `not_sent`: there was no
 * connection to send it on, so it cannot have been.
 */
export type Exchange =
  | { kind: 'reply'; httpStatus: number; body: string; retryAfterMs?: number }
  | { kind: 'lost'; reason: 'timeout' | 'network' | 'redirect' | 'too_large' | 'not_sent' };

export type Transport = (request: {
  method: 'GET' | 'POST';
  url: string;
  body?: string;
  timeoutMs: number;
  /** Payments hang as long as Lightning does, so they have connections of their own: they never hold up anything else. */
  lane: 'short' | 'payment';
}) => Promise<Exchange>;

export type HttpTransport = {
  carry: Transport;
  /** Cuts every connection, also those on which something is still awaited. */
  close(): Promise<void>;
};

/** Room for a thousand signatures; a stored reply is at most this large, so an operation stays far from 16 MB. */
const maxReplyBytes = 512 * 1024;
/** Payments are limited where they get their place (lane.ts), before anything is reserved: here, they would wait in line. */
const maxConnections = { short: 64, payment: null };

/** Connections are kept for less than the five seconds after which common servers close an idle one, or as they say. */
const keepAlive = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 60_000 };

/** The only clock is that of the request. Left alone, undici gives up on a reply, or on its body, after five minutes. */
const noOtherClock = { headersTimeout: 0, bodyTimeout: 0 };

/**
 * One attempt over HTTP: no retry of any kind, no redirect followed, nothing decompressed, at most 512 KiB read. Each
 * mint has its own connections, and without pipelining none carries a second request before the first is answered.
 * Called are the origins of `mintUrls` and no other, at addresses that may be called (`guardedConnector`).
 */
export function createHttpTransport(
  given: ConnectorOptions & { mintUrls: readonly string[] },
): HttpTransport {
  const connect = guardedConnector(given);
  const origins = new Set(given.mintUrls.map((url) => new URL(url).origin));
  const options = { ...keepAlive, ...noOtherClock, connect, pipelining: 1, maxResponseSize: maxReplyBytes };
  const pools = new Map<string, Pool>();

  function poolFor(origin: string, lane: 'short' | 'payment'): Pool {
    const name = `${lane} ${origin}`;
    const pool = pools.get(name) ?? new Pool(origin, { ...options, connections: maxConnections[lane] });
    pools.set(name, pool);
    return pool;
  }

  const carry: Transport = async ({ method, url, body, timeoutMs, lane }) => {
    const { origin, pathname, search } = new URL(url);
    invariant(origins.has(origin), 'a request is about to leave for something that is not a configured mint');
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await poolFor(origin, lane).request({
        method,
        path: pathname + search,
        signal,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body ?? null,
      });
      return await read(response);
    } catch (error) {
      return { kind: 'lost', reason: signal.aborted ? 'timeout' : reasonOf(error) };
    }
  };

  async function close(): Promise<void> {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  }

  return { carry, close };
}

async function read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Exchange> {
  if (statusCode >= 300 && statusCode < 400) {
    body.on('error', () => undefined).destroy();
    return { kind: 'lost', reason: 'redirect' };
  }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(await body.arrayBuffer());
  const retryAfterMs = readRetryAfter(headers['retry-after'], Date.now());
  return {
    kind: 'reply',
    httpStatus: statusCode,
    body: text,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** Seconds or a date (RFC 9110, 10.2.3), as ms from now; null where there is none to be read. */
function readRetryAfter(value: string | string[] | undefined, nowMs: number): number | null {
  if (typeof value !== 'string') return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

function reasonOf(error: unknown): 'network' | 'too_large' | 'not_sent' {
  if (error instanceof NotConnected) return 'not_sent';
  return error instanceof errors.ResponseExceededMaxSizeError ? 'too_large' : 'network';
}

import type { RequestHandler } from 'express';

const forPreflights = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id',
  'Access-Control-Max-Age': '600',
};

const readable = 'Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';

/**
 * Lets programs in browsers call from pages of these origins (fetch.spec.whatwg.org, "CORS protocol"). There are no cookies
 * here, so a page of another origin gets nothing but its own request refused by the browser.
 */
export function cors(origins: readonly string[]): RequestHandler {
  return (req, res, next) => {
    res.vary('Origin');
    const origin = req.get('origin');
    if (origin === undefined || !origins.includes(origin)) return next();
    res.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': readable });
    if (req.method !== 'OPTIONS' || req.get('access-control-request-method') === undefined) return next();
    res.set(forPreflights).status(204).end();
  };
}

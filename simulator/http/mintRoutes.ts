import type { MintContext } from '../mint/context.ts';
import { mintInfo } from '../mint/info.ts';
import { activeKeys, allKeysets, checkState, keysOf, restore } from '../mint/lookups.ts';
import { createMeltQuote, getMeltQuote } from '../mint/melting.ts';
import { createMintQuote, getMintQuote, mintTokens } from '../mint/minting.ts';
import { melt } from '../mint/payment.ts';
import { fields } from '../mint/read.ts';
import { swap } from '../mint/swap.ts';
import type { Handler, SimRequest } from './exchange.ts';

export type Route = { method: 'get' | 'post' | 'delete'; path: string; handle: Handler };

/** The mint's protocol (NUT-01 to 09, 23). */
export function mintRoutes(mint: MintContext): Route[] {
  return [
    get('/v1/info', () => mintInfo(mint)),
    get('/v1/keys', () => activeKeys(mint)),
    get('/v1/keys/:id', (request) => keysOf(mint, param(request, 'id'))),
    get('/v1/keysets', () => allKeysets(mint)),
    post('/v1/mint/quote/bolt11', ({ body }) => createMintQuote(mint, fields(body))),
    get('/v1/mint/quote/bolt11/:id', (request) => getMintQuote(mint, param(request, 'id'))),
    post('/v1/mint/bolt11', ({ body }) => mintTokens(mint, fields(body))),
    post('/v1/melt/quote/bolt11', ({ body }) => createMeltQuote(mint, fields(body))),
    get('/v1/melt/quote/bolt11/:id', (request) => getMeltQuote(mint, param(request, 'id'))),
    post('/v1/melt/bolt11', ({ body, orders }) => melt(mint, fields(body), orders.melt)),
    post('/v1/swap', ({ body }) => swap(mint, fields(body))),
    post('/v1/checkstate', ({ body }) => checkState(mint, fields(body))),
    post('/v1/restore', ({ body }) => restore(mint, fields(body))),
  ];
}

export function get(path: string, handle: Handler): Route {
  return { method: 'get', path, handle };
}

export function post(path: string, handle: Handler): Route {
  return { method: 'post', path, handle };
}

export function remove(path: string, handle: Handler): Route {
  return { method: 'delete', path, handle };
}

export function param(request: SimRequest, name: string): string {
  return request.params[name] ?? '';
}

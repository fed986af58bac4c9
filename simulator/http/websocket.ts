import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '../limits.ts';
import type { MintContext } from '../mint/context.ts';
import { MintError } from '../mint/errors.ts';
import { getMeltQuote } from '../mint/melting.ts';
import { getMintQuote } from '../mint/minting.ts';
import { type Json, presentProofState } from '../mint/present.ts';
import { choice, type Fields, fields, malformed, text, texts } from '../mint/read.ts';

const kinds = ['bolt11_mint_quote', 'bolt11_melt_quote', 'proof_state'] as const;
type Kind = (typeof kinds)[number];
type Subscription = { kind: Kind; sent: Map<string, string> };

/** NUT-17 at /v1/ws. Returns what closes it. */
export function serveSubscriptions(server: Server, mint: MintContext): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes });
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/v1/ws') socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (opened) => converse(opened, mint));
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}

/** One client: its requests, its subscriptions, and a notice whenever something that it watches looks new. */
function converse(socket: WebSocket, mint: MintContext): void {
  const subscriptions = new Map<string, Subscription>();
  const stopListening = mint.store.listen(() => {
    for (const [subId, subscription] of subscriptions) notify(socket, mint, subId, subscription);
  });
  socket.on('close', stopListening);
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => {
    const request = parsed(data.toString());
    const id = typeof request === 'object' && request !== null && 'id' in request ? request.id : null;
    try {
      handle(socket, mint, subscriptions, fields(request), id);
    } catch (error) {
      const message = error instanceof MintError ? error.message : 'internal error';
      send(socket, { error: { code: -32602, message }, id });
    }
  });
}

function handle(
  socket: WebSocket,
  mint: MintContext,
  subscriptions: Map<string, Subscription>,
  request: Fields,
  id: unknown,
): void {
  const params = fields(request['params'], 'params');
  const subId = text(params, 'subId');
  switch (choice(request, 'method', ['subscribe', 'unsubscribe'])) {
    case 'unsubscribe':
      subscriptions.delete(subId);
      send(socket, { result: { status: 'OK', subId }, id });
      return;
    case 'subscribe': {
      if (subscriptions.size >= limits.subscriptionsPerSocket) malformed('too many subscriptions');
      const subscription = subscriptionOf(mint, params);
      subscriptions.set(subId, subscription);
      send(socket, { result: { status: 'OK', subId }, id });
      notify(socket, mint, subId, subscription);
    }
  }
}

function subscriptionOf(mint: MintContext, params: Fields): Subscription {
  const kind = choice(params, 'kind', kinds);
  const filters = texts(params, 'filters');
  if (filters.length > limits.filtersPerSubscription) malformed('too many filters');
  for (const filter of filters) look(mint, kind, filter);
  return { kind, sent: new Map(filters.map((filter) => [filter, ''])) };
}

function notify(socket: WebSocket, mint: MintContext, subId: string, { kind, sent }: Subscription): void {
  for (const [filter, before] of sent) {
    const payload = lookIfKnown(mint, kind, filter);
    if (payload === null) continue;
    const now = JSON.stringify(payload);
    if (now === before) continue;
    sent.set(filter, now);
    send(socket, { method: 'subscribe', params: { subId, payload } });
  }
}

/** A quote may be forgotten while somebody watches it. */
function lookIfKnown(mint: MintContext, kind: Kind, filter: string): Json | null {
  try {
    return look(mint, kind, filter);
  } catch (error) {
    if (error instanceof MintError) return null;
    throw error;
  }
}

function look(mint: MintContext, kind: Kind, filter: string): Json {
  switch (kind) {
    case 'bolt11_mint_quote':
      return getMintQuote(mint, filter);
    case 'bolt11_melt_quote':
      return getMeltQuote(mint, filter);
    case 'proof_state':
      return presentProofState(filter, mint.store.state.proofs.get(filter));
  }
}

function send(socket: WebSocket, message: Json): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}

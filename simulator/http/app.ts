import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { act } from '../faults/acts.ts';
import type { FaultPlan } from '../faults/faultPlan.ts';
import type { Gate } from '../faults/gate.ts';
import { limits } from '../limits.ts';
import type { MintContext } from '../mint/context.ts';
import {
  type Delivery,
  type Handler,
  noOrders,
  ok,
  type Process,
  type RawReply,
  replyToError,
  type SimRequest,
} from './exchange.ts';
import type { Route } from './mintRoutes.ts';
import type { LoggedRequest, RequestLog } from './requestLog.ts';
import type { ResponseCache } from './responseCache.ts';

export type AppParts = {
  mintRoutes: readonly Route[];
  simRoutes: readonly Route[];
  mint: MintContext;
  plan: FaultPlan;
  gate: Gate;
  cache: ResponseCache;
  log: RequestLog;
};

/** The HTTP side: /v1 goes through log, faults and cache; /sim goes straight to its handler. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(date(parts.mint.settings.clock));
  app.use(express.json({ limit: limits.bodyBytes, type: () => true }));
  for (const route of parts.mintRoutes) app[route.method](route.path, mintEndpoint(route.handle, parts));
  for (const route of parts.simRoutes) app[route.method](route.path, simEndpoint(route.handle));
  app.use((_request, response) => {
    response.status(404).json({ detail: 'not found' });
  });
  app.use(refuseUnreadable(parts.log));
  return app;
}

/** Request → log → fault (before) → cache → handler → fault (after) → reply. */
function mintEndpoint(handle: Handler, { mint, plan, gate, cache, log }: AppParts): RequestHandler {
  const processAfresh = answering(handle);
  const process: Process = (request) => cache.around(request, processAfresh);
  const tools = { mint, gate, process, processAfresh };
  return async (request, response) => {
    const asked = read(request);
    const entry = log.open(asked.method, asked.path, asked.body);
    const encounter = plan.next(asked.method, asked.path);
    entry.fault = encounter?.fault.kind ?? null;
    deliver(response, await act(encounter, asked, tools), entry);
  };
}

function simEndpoint(handle: Handler): RequestHandler {
  const answer = answering(handle);
  return async (request, response) => {
    deliver(response, { kind: 'reply', reply: await answer(read(request)) }, null);
  };
}

/** A handler's result or refusal as a reply. */
function answering(handle: Handler): Process {
  return async (request) => {
    try {
      return ok(await handle(request));
    } catch (error) {
      return replyToError(error);
    }
  };
}

function deliver(response: Response, delivery: Delivery, entry: LoggedRequest | null): void {
  switch (delivery.kind) {
    case 'cut':
      response.socket?.destroy();
      return;
    case 'reply': {
      const { status, headers, body } = delivery.reply;
      if (entry) entry.status = status;
      response.status(status).set(headers).json(body);
      return;
    }
    case 'bytes':
      if (entry) entry.status = delivery.status;
      sendBytes(response, delivery);
  }
}

function sendBytes(response: Response, { status, contentType, bytes, contentLength }: RawReply): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': contentLength });
  if (contentLength === bytes.length) response.end(bytes);
  else response.write(bytes, () => response.socket?.destroy());
}

/** Every reply says what the mint's own clock shows. */
function date(clock: () => number): RequestHandler {
  return (_request, response, next) => {
    response.set('Date', new Date(clock()).toUTCString());
    next();
  };
}

function read(request: Request): SimRequest {
  const params = Object.entries(request.params).map(([name, value]) => [name, String(value)] as const);
  return {
    method: request.method,
    path: request.path,
    params: Object.fromEntries(params),
    query: request.query,
    body: request.body,
    orders: noOrders,
  };
}

function refuseUnreadable(log: RequestLog): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const entry = log.open(request.method, request.path, undefined);
    deliver(response, { kind: 'reply', reply: replyToError(error) }, entry);
  };
}

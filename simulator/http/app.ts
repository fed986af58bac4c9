import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { act, type FaultTools } from '../faults/acts.ts';
import type { FaultPlan } from '../faults/faultPlan.ts';
import { limits } from '../limits.ts';
import {
  type Delivery,
  type Handler,
  noOrders,
  ok,
  type Process,
  replyToError,
  type SimRequest,
} from './exchange.ts';
import type { Route } from './mintRoutes.ts';
import type { LoggedRequest, RequestLog } from './requestLog.ts';
import type { ResponseCache } from './responseCache.ts';

export type AppParts = {
  mintRoutes: readonly Route[];
  simRoutes: readonly Route[];
  plan: FaultPlan;
  tools: FaultTools;
  cache: ResponseCache;
  log: RequestLog;
};

/** The HTTP side: /v1 goes through log, faults and cache; /sim goes straight to its handler. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
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
function mintEndpoint(handle: Handler, { plan, tools, cache, log }: AppParts): RequestHandler {
  const answer = answering(handle);
  const process: Process = (request) => cache.around(request, answer);
  return async (request, response) => {
    const asked = read(request);
    const entry = log.open(asked.method, asked.path, asked.body);
    const fault = plan.next(asked.method, asked.path);
    entry.fault = fault?.kind ?? null;
    deliver(response, await act(fault, asked, process, tools), entry);
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
  if (delivery.kind === 'cut') {
    response.socket?.destroy();
    return;
  }
  const { status, headers, body } = delivery.reply;
  if (entry) entry.status = status;
  response.status(status).set(headers).json(body);
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

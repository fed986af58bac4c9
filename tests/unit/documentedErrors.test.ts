import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../src/logger.ts';
import { statusOf } from '../../src/middleware/problems.ts';
import { type Caller, ownerScopes, type Scope } from '../../src/models/apiKey.ts';
import { DomainError, databaseUnavailable, type ErrorCode } from '../../src/models/errors.ts';
import { operationDocs } from '../../src/openapi/operations.ts';
import { problemDocs } from '../../src/openapi/problems.ts';
import { exampleOf, type SchemaValue } from '../../src/openapi/schema.ts';
import { guardRefusals } from '../../src/openapi/security.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import type { Services } from '../../src/services/contracts.ts';
import { createMeters } from '../../src/services/metrics/meters.ts';
import { routes as table } from '../support/openapi/validators.ts';
import { watchAnswers } from '../support/openapi/watch.ts';
import { pathOf, requestTo, routes, stranger } from '../support/refusals/routes.ts';
import { type Answer, say, send } from '../support/refusals/wire.ts';
import { newSigner, publicOrigin, signed } from '../support/signing.ts';

/**
 * Every error that the document has, on every route that it has it for, said by the real app. What guards refuse they refuse
 * here for their own reasons; what a service refuses is put into its mouth, since its reasons are provoked one by one in
 * `tests/integration/refusals*.test.ts`. An answer that is not as the document says fails its test.
 */
const usual = {
  draining: false,
  scopes: ['admin'] as Scope[],
  requests: 1,
  doorkeeper: null as Error | null,
  thrown: null as Error | null,
};
const state = { ...usual };

const caller = (): Caller => ({
  by: 'key',
  keyId: 'k',
  label: 'documented',
  scopes: state.scopes,
  npub: null,
  budgetSatPerDay: null,
});
async function asked(): Promise<Caller> {
  if (state.doorkeeper !== null) throw state.doorkeeper;
  return caller();
}
const says = async () => {
  throw state.thrown ?? new Error('this service was not to be asked');
};
const speaker = new Proxy({}, { get: () => says });
const stubs = {
  apiKeys: { authenticate: asked },
  signedRequests: {
    verify: () => ({
      ...caller(),
      by: 'signature',
      npub: stranger,
      scopes: ownerScopes,
      eventId: 'e',
      payloadSha256: null,
    }),
    complete: asked,
  },
  rateLimits: {
    isOn: true,
    perMinute: () => 1,
    async count() {
      if (state.thrown !== null && !(state.thrown instanceof DomainError)) throw state.thrown;
      return { requests: state.requests, resetsAt: new Date(Date.now() + 30_000) };
    },
  },
  reports: { file: async () => 'sup_0123456789abcdef0123', close: async () => undefined },
  metrics: { admits: () => true, scrape: says },
};
const services: object = new Proxy(stubs, { get: (of, name) => Reflect.get(of, name) ?? speaker });

function isServices(stub: object): stub is Services {
  return typeof stub === 'object';
}

let server: RunningServer;
beforeAll(async () => {
  watchAnswers();
  if (!isServices(services)) throw new Error('a stand-in for services is none');
  const parts = {
    services,
    meters: createMeters(new Registry(), [], () => new Date()),
    logger: createLogger('silent'),
    isDraining: () => state.draining,
    publicOrigin: () => publicOrigin,
    config: { trustedProxies: [], corsOrigins: [] },
  };
  server = await startServer(parts, { host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close(0));

type Route = (typeof routes)[number];
const signer = newSigner();

/** What the right caller would send. */
function right(route: Route) {
  const request = requestTo(route, stranger, 'lnbc1');
  const authorization =
    route.access === 'signature'
      ? signed(signer, { method: route.method, target: request.path })
      : `Bearer crk_0123456789abcdef_${'A'.repeat(43)}`;
  return { ...request, headers: { ...request.headers, authorization } };
}

const withBody = (route: Route, type: string, body: string) => {
  const request = right(route);
  // Node announces no body of a GET by itself.
  const about = { 'content-type': type, 'content-length': String(body.length) };
  return send(server.url, { ...request, headers: { ...request.headers, ...about }, body });
};

/** What a service would say. */
function inWords(code: ErrorCode): DomainError {
  const { severities, detail, always = {} } = problemDocs[code];
  const members = Object.entries(always).map(([name, schema]) => [name, plain(exampleOf(schema))]);
  return new DomainError(code, severities[0], detail, { members: Object.fromEntries(members) });
}
const plain = (value: SchemaValue): unknown => JSON.parse(JSON.stringify(value));

/** The guards' own reasons. */
const guards: Partial<Record<ErrorCode, (route: Route) => Promise<Answer>>> = {
  VALIDATION_ERROR: (route) =>
    say(server.url, `${route.method} ${pathOf(route, stranger)} HTTP/1.1\r\nConnection: close\r\n\r\n`),
  UNAUTHENTICATED: (route) => send(server.url, requestTo(route, stranger, 'lnbc1')),
  FORBIDDEN(route) {
    state.scopes = [];
    const request = right(route);
    const authorization = `Bearer crk_0123456789abcdef_${'A'.repeat(43)}`;
    return send(server.url, { ...request, headers: { ...request.headers, authorization } });
  },
  RATE_LIMITED(route) {
    state.requests = 2;
    return send(server.url, right(route));
  },
  SHUTTING_DOWN(route) {
    state.draining = true;
    return send(server.url, right(route));
  },
  DATABASE_UNAVAILABLE(route) {
    state.doorkeeper = databaseUnavailable(new Error('gone'));
    return send(server.url, right(route));
  },
  PAYLOAD_TOO_LARGE: (route) => withBody(route, 'application/json', `{"x":"${'x'.repeat(65 * 1024)}"}`),
  UNSUPPORTED_MEDIA_TYPE: (route) => withBody(route, 'text/plain', 'x'),
  INTERNAL_ERROR(route) {
    state.thrown = new Error('not foreseen');
    return send(server.url, right(route));
  },
};

function provoke(route: Route, code: ErrorCode, byGuard: boolean): Promise<Answer> {
  const guard = guards[code];
  if (byGuard && guard !== undefined) return guard(route);
  if (code === 'NOT_FOUND')
    return send(server.url, { ...right(route), path: route.path.replace(':file', 'package.json') });
  state.thrown = inWords(code);
  return send(server.url, right(route));
}

const documented = routes.flatMap((route) => {
  const served = table.find(
    ({ method, path }) => method.toUpperCase() === route.method && path === route.path,
  );
  if (served === undefined) throw new Error(`${route.path} is not served`);
  const byGuards = guardRefusals(served);
  const own = operationDocs[`${route.method} ${route.path}`]?.refusals ?? [];
  return [...new Set([...byGuards, ...own])].map(
    (code) =>
      [`${route.method} ${route.path} → ${code}`, { route, code, byGuard: byGuards.includes(code) }] as const,
  );
});
/** It asks nobody and counts nobody, so that nothing can fail that a test could bring about. */
const outOfReach = ['GET /livez → INTERNAL_ERROR'];

describe('every error of the document is met', () => {
  it.each(documented.filter(([name]) => !outOfReach.includes(name)))(
    '%s',
    async (_name, { route, code, byGuard }) => {
      Object.assign(state, usual);
      const answer = await provoke(route, code, byGuard);
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status: statusOf(code), code });
    },
  );

  it('and these are all of them', () => {
    expect(documented.length).toBeGreaterThan(100);
    expect(documented.filter(([name]) => outOfReach.includes(name))).toHaveLength(outOfReach.length);
  });
});

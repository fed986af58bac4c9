import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { saysWhen, statusOf } from '../../src/middleware/problems.ts';
import { DomainError } from '../../src/models/errors.ts';
import { operationDocs } from '../../src/openapi/operations.ts';
import { templateOf } from '../../src/openapi/parameters.ts';
import { problemDocs } from '../../src/openapi/problems.ts';
import { isSchema, type Schema, type SchemaValue } from '../../src/openapi/schema.ts';
import { alice, startEdge } from '../support/edge.ts';
import { undocumented } from '../support/openapi/check.ts';
import { document, routes, wrongWith } from '../support/openapi/validators.ts';
import { expectDocumented } from '../support/openapi/watch.ts';
import { codes, contracts, isReported, membersOfAll } from '../support/refusals/contract.ts';
import { type Json, startWorld, type World } from '../support/world.ts';

const schema = (value: SchemaValue | undefined): Schema => {
  if (!isSchema(value)) throw new Error('not in the document');
  return value;
};
const keysOf = (value: SchemaValue | undefined): string[] => Object.keys(schema(value));
const { paths, components } = document;

/** Every operation by its name in the route table. */
const operations = Object.entries(paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${template}`, schema(operation)] as const,
  ),
);
const nameOf = ({ method, path }: (typeof routes)[number]) => `${method.toUpperCase()} ${templateOf(path)}`;

/** The codes that an operation may answer with, by status. */
function codesOf(operation: Schema): { status: number; code: string }[] {
  return Object.entries(schema(operation['responses'])).flatMap(([status, response]) => {
    const problem = schema(schema(response)['content'])['application/problem+json'];
    if (problem === undefined) return [];
    return keysOf(schema(problem)['examples']).map((code) => ({ status: Number(status), code }));
  });
}

/** What is told only while a wallet is being recovered, which the catalogue of refusals has no case of. */
const ofRecoveries: Partial<Record<string, string[]>> = {
  MELT_BLOCKED_BY_RECONCILIATION: ['retryAfterSeconds', 'transactionId'],
};

describe('The OpenAPI document', () => {
  it('has every route, and no other', () => {
    expect(operations.map(([name]) => name).sort()).toEqual(routes.map(nameOf).sort());
    const described = Object.keys(operationDocs).map((name) => templateOf(name));
    expect(described.sort()).toEqual(routes.map(nameOf).sort());
  });

  it('has every code that the server knows, and no other, each with its status, severities and members', () => {
    const named = new Set(Object.values(components.responses).flatMap((response) => codesIn(response)));
    for (const [, operation] of operations) for (const { code } of codesOf(operation)) named.add(code);
    expect([...named].sort()).toEqual([...codes].sort());
    expect(Object.keys(problemDocs).sort()).toEqual([...codes].sort());
    for (const code of codes) {
      const { status, severities, always = [], perhaps = [], retryAfter } = contracts[code];
      const { properties, required } = schema(components.schemas[code]);
      const { severity } = schema(properties);
      const { always: alsoAlways = {}, perhaps: alsoPerhaps = {} } = problemDocs[code];
      const reported = severities.some((each) => isReported(status, each)) ? ['supportId'] : [];
      expect({
        code,
        status: statusOf(code),
        severities: schema(severity)['enum'] ?? [schema(severity)['const']],
        retryAfter: saysWhen(code),
        always: Object.keys(alsoAlways).sort(),
        perhaps: Object.keys(alsoPerhaps).sort(),
      }).toEqual({
        code,
        status,
        severities,
        retryAfter: retryAfter ?? false,
        always: [...always].sort(),
        perhaps: [...perhaps, ...(ofRecoveries[code] ?? [])].sort(),
      });
      expect(required).toEqual(expect.arrayContaining([...membersOfAll, ...reported]));
    }
  });

  it('puts each code under its own status', () => {
    for (const [, operation] of operations)
      for (const { code, status } of codesOf(operation))
        expect({ code, status }).toEqual({ code, status: contracts[knownCode(code)].status });
  });

  it('asks for credentials where the route table does, and for its scope', () => {
    for (const route of routes) {
      const [, operation] = operations.find(([name]) => name === nameOf(route)) ?? [];
      const scope = route.access === 'creation' ? 'wallet:write' : route.access;
      const signed = { signedRequest: [] };
      const others = scope === 'signature' ? [] : [{ apiKey: [scope] }, { ownerToken: [] }];
      const anybody = scope === 'public' ? [] : [...others, signed];
      const ofMachines = scope === 'metrics' ? [{ metricsToken: [] }, {}] : anybody;
      const expected = scope.startsWith('support:') ? [{ apiKey: [scope] }] : ofMachines;
      expect({ route: nameOf(route), security: operation?.['security'] }).toEqual({
        route: nameOf(route),
        security: expected,
      });
    }
  });

  it('has examples that are what it says', () => {
    const wrong = examples(document, []).flatMap(({ value, place }) =>
      wrongWith(value, ...place).map((sentence) => `${place.join(' ')}: ${sentence}`),
    );
    expect(wrong).toEqual([]);
    expect(examples(document, []).length).toBeGreaterThan(100);
  });
});

const knownCode = (text: string) => {
  const code = codes.find((known) => known === text);
  if (code === undefined) throw new Error(`no such code: ${text}`);
  return code;
};

const codesIn = (response: Schema): string[] => {
  const { examples: told } = schema(schema(response['content'])['application/problem+json']);
  return told === undefined ? [] : keysOf(told);
};

/** Every example of a body, with the place of the schema that it is an example of. */
function examples(
  value: SchemaValue | undefined,
  place: string[],
): { value: SchemaValue; place: string[] }[] {
  if (!isSchema(value)) return [];
  const inside = Object.entries(value).flatMap(([name, part]) =>
    name.startsWith('example') ? [] : examples(part, [...place, name]),
  );
  if (!isSchema(value['schema'])) return inside;
  const { example, examples: several } = value;
  const told = isSchema(several) ? Object.keys(several).map(exampleOfCode) : [];
  return [
    ...inside,
    ...[...told, ...(example === undefined ? [] : [example])].map((each) => ({
      value: each,
      place: [...place, 'schema'],
    })),
  ];
}

const exampleOfCode = (code: string): SchemaValue => schema(components.examples[code])['value'] ?? null;

describe('Answers are held against the document', () => {
  const headers = { 'x-request-id': 'a', 'content-type': 'application/json; charset=utf-8' };
  const balance = { totalBalance: 1, unspentBalance: 1, reservedBalance: 0, pendingBalance: 0 };
  const told = (body: Json, more: Partial<Parameters<typeof undocumented>[0]> = {}) =>
    undocumented({
      method: 'GET',
      path: `/api/wallet/${alice}/balance?x=1`,
      status: 200,
      headers,
      body: JSON.stringify(body),
      asked: null,
      ...more,
    });
  const good = { success: true, balance: 1, details: { ...balance, spentBalance: 0 } };
  const name = 'GET /api/wallet/{npub}/balance';

  it('and one that is as it says passes', () => {
    expect(told(good)).toEqual([]);
  });

  it.each([
    [
      'a member that nobody has described',
      { ...good, secret: 1 },
      {},
      `${name} → 200: the whole must NOT have additional properties ("secret")`,
    ],
    [
      'one that is missing, deep inside',
      { ...good, details: balance },
      {},
      `${name} → 200: /details must have required property 'spentBalance'`,
    ],
    ['another type', { ...good, balance: '1' }, {}, `${name} → 200: /balance must be integer`],
    ['another status', good, { status: 418 }, `${name} → 418: this status is not in the document`],
    [
      'another media type',
      good,
      { headers: { ...headers, 'content-type': 'text/plain' } },
      `${name} → 200: the media type text/plain is not in the document`,
    ],
    [
      'a missing header',
      good,
      { headers: { 'content-type': 'application/json' } },
      `${name} → 200: the header X-Request-Id is missing`,
    ],
    [
      'an unknown header',
      good,
      { headers: { ...headers, 'x-debug': '1' } },
      `${name} → 200: the header x-debug is not in the document`,
    ],
    [
      'a success of a route that is none',
      good,
      { path: '/api/nothing' },
      'GET /api/nothing → 200: this status is not in the document',
    ],
  ])('%s is told, with route, status and member', (_what, body, more, sentence) => {
    expect(told(body, more)).toEqual([sentence]);
  });

  it('a code that the route does not have is told, and so is a request that should not have been taken', () => {
    const problem = { 'x-request-id': 'a', 'content-type': 'application/problem+json', 'retry-after': '5' };
    const fee = schema(exampleOfCode('FEE_TOO_HIGH'));
    expect(told({ ...fee }, { status: 400, headers: { ...problem } })).toEqual(
      expect.arrayContaining([expect.stringContaining(`${name} → 400: FEE_TOO_HIGH: `)]),
    );
    const asked = JSON.stringify({ quoteId: 'q', more: 1 });
    const minted = schema(schema(components.schemas['NotMinted'])['properties']);
    expect(minted).toHaveProperty('status');
    const statusUrl = `/api/wallet/${alice}/transactions/tx_mint_1`;
    const waiting = { status: 'UNPAID', state: 'awaiting_payment', transactionId: 'tx_mint_1', statusUrl };
    const body = { success: true, ...waiting };
    const path = `/api/wallet/${alice}/mint/complete`;
    const answer = { status: 202, headers: { ...headers, location: statusUrl } };
    expect(told(body, { method: 'POST', path, asked, ...answer })).toEqual([
      'POST /api/wallet/{npub}/mint/complete → 202: taken, though in the request the whole must NOT have additional properties ("more")',
    ]);
  });
});

describe('Whoever wants to know the API', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ workers: false });
  });
  afterAll(() => world.end());
  const get = (path: string) => fetch(world.url + path);

  it('gets the document from the server, without credentials', async () => {
    const answer = await get('/openapi.json');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('gets a page that has nothing inline and nothing from elsewhere, under a policy that says so', async () => {
    const answer = await get('/docs');
    const page = await answer.text();
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(page).not.toMatch(/https?:|\/\/|<style|style=|\son\w+=|javascript:/i);
    const scripts = [...page.matchAll(/<script\b([^>]*)>([^<]*)</g)];
    expect(scripts.map(([, , inside]) => inside)).toEqual(['', '']);
    const files = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path);
    expect(files).toHaveLength(3);
    for (const path of files) {
      const file = await get(path);
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
      expect((await file.text()).length).toBeGreaterThan(50);
    }
  });

  it('gets nothing else of the packages', async () => {
    for (const name of [
      'package.json',
      'index.html',
      '..%2f..%2fpackage.json',
      '%2e%2e',
      'swagger-ui.css.map',
    ])
      expect((await get(`/docs/${name}`)).status).toBe(404);
  });
});

it('an answer that is not in the document fails whoever asks', async () => {
  const edge = await startEdge();
  const key = await edge.keyFor(['admin']);
  edge.money.melts.quote = async () => {
    throw new DomainError('QUOTE_NOT_FOUND', 'LOW', 'Nothing was done.');
  };
  const at = `/api/wallet/${alice}/melt/quote`;
  const answer = await request(edge.app).post(at).set('Authorization', key).send({ invoice: 'lnbc1' });
  expect(answer.status).toBe(404);
  expect(expectDocumented).toThrow('POST /api/wallet/{npub}/melt/quote → 404: QUOTE_NOT_FOUND: ');
  expect(expectDocumented).not.toThrow();
  await edge.stop();
});

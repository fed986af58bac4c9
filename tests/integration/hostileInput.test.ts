import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import winston from 'winston';
import { createLogger } from '../../src/logger.ts';
import {
  type Document,
  hostileBodies,
  hostilePlaces,
  hostileQueries,
  hostileValues,
  type Operation,
  operationsIn,
  readHeaders,
} from '../support/hostileInput.ts';
import { routes } from '../support/refusals/routes.ts';
import { type Answer, send, type Wire } from '../support/refusals/wire.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

/** Runs through every name that might be taken for a secret, or for a mark of ours. */
const mark = 'Q'.repeat(5_000);
const atOnce = 12;

let world: World;
let wallet: TestWallet;
let authorization: string;
let operations: Operation[];
const lines: string[] = [];
const inherited = Object.getOwnPropertyNames(Object.prototype);

beforeAll(async () => {
  const logger = createLogger('debug');
  logger.clear();
  logger.add(new winston.transports.Stream({ stream: collecting(lines), level: 'debug' }));
  // What workers write is not to be told apart from what a request writes.
  world = await startWorld({ workers: false, overrides: { logger } });
  wallet = await world.wallet(1000);
  authorization = `Bearer ${await world.keyFor(['admin'])}`;
  const document: Document = JSON.parse(
    (await ask({ method: 'GET', path: '/openapi.json' })).text.split('\n\n')[1] ?? '',
  );
  operations = operationsIn(document);
});
afterAll(() => world.end());

const collecting = (into: string[]) =>
  new Writable({
    write(chunk, _encoding, done) {
      into.push(String(chunk));
      done();
    },
  });

const ask = ({ headers, ...wire }: Wire): Promise<Answer> =>
  send(world.url, { ...wire, headers: { authorization, ...headers } });

/** Where an operation is, with the wallet of this test in it. */
function at(
  { path, places }: Operation,
  change: (name: string, known: string) => string = (_name, known) => known,
): string {
  const known: Record<string, string> = { npub: wallet.npub };
  return places.reduce(
    (filled, [name, example]) => filled.replace(`{${name}}`, change(name, known[name] ?? example)),
    path,
  );
}

/** Every collection, to the last byte, but for when keys were last used. */
async function stored(): Promise<unknown> {
  const { apiKeys, connection } = world.context.database;
  const { collections } = (await connection.db?.command({ dbHash: 1 })) ?? {};
  const keys = await apiKeys.find({}, { last_used_on: 0 }).sort({ _id: 1 }).lean();
  // What metrics count is counted anew with each scrape, and one of the attacks is a scrape.
  return { ...Object(collections), metric_standings: null, api_keys: keys };
}

/** An answer that is none that an attacker should get. */
function wrongIn({ status, body, headers }: Answer, isRefused = true): string | null {
  if (status >= 500) return `was answered ${status}`;
  if (isRefused && status < 400) return `was taken: ${status}`;
  if (status >= 400 && (body['status'] !== status || typeof body['code'] !== 'string'))
    return `is no problem: ${status}`;
  if (!headers.has('x-request-id')) return 'has no request id';
  return JSON.stringify(body).includes('QQQQ') ? 'repeats what was sent' : null;
}

type Attack = { what: string; wire: Wire; isRefused?: boolean };

/**
 * Makes all of them, some at once. None may be taken, fail, hang, be written down in database or log, or change what
 * everything inherits; and after them the next client is served.
 */
async function withstands(attacks: Attack[]): Promise<void> {
  const before = await stored();
  const found: string[] = [];
  const waiting = [...attacks];
  lines.splice(0);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const { what, wire, isRefused } = next;
        const wrong = wrongIn(await ask(wire), isRefused);
        if (wrong !== null) found.push(`${what}: ${wrong}`);
      }
    }),
  );
  expect(attacks.length).toBeGreaterThan(10);
  expect(found).toEqual([]);
  expect(await stored()).toEqual(before);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(inherited);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(lines.filter((line) => !isHarmless(line))).toEqual([]);
  expect((await wallet.balance())['totalBalance']).toBe(1000);
}

/** One line, nothing that a terminal or a reader of logs would act on, and nothing of what was sent at length. */
const isHarmless = (line: string): boolean =>
  /^[^\p{Cc}\p{Cf}\u2028\u2029]*\n$/u.test(line) && !line.includes('QQQQ') && line.length < 4_000;

/** What is a switch takes either. */
const isMeant = (example: unknown, value: string) => typeof example === 'boolean' && value === 'false';

const json = { 'content-type': 'application/json' };
const named = ({ method, path }: Operation) => `${method} ${path}`;
const takingBodies = () => operations.filter(({ fields }) => fields !== null);

it('attacks every route that there is', () => {
  const all = operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  expect(all.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  expect(takingBodies().length).toBeGreaterThan(4);
});

it('operators, prototypes, depth, size and odd characters in each field of each body', () =>
  withstands(
    takingBodies().flatMap((operation) =>
      Object.keys(operation.fields ?? {}).flatMap((field) =>
        hostileValues
          .filter(([, value]) => !isMeant(operation.fields?.[field], value))
          .map(([what, value]) => {
            const others = Object.entries({ ...operation.fields, npub: wallet.npub })
              .filter(([name]) => name !== field && name in (operation.fields ?? {}) && name !== 'mintUrl')
              .map(([name, example]) => `${JSON.stringify(name)}: ${JSON.stringify(example)}`);
            const body = `{${[...others, `${JSON.stringify(field)}: ${value}`].join(', ')}}`;
            return {
              what: `${named(operation)}: ${what} as ${field}`,
              wire: { method: operation.method, path: at(operation), headers: json, body },
            };
          }),
      ),
    ),
  ));

it('bodies that are not what they seem', () =>
  withstands(
    takingBodies().flatMap((operation) =>
      hostileBodies.map(([what, body]) => {
        const field = Object.keys(operation.fields ?? {})[0] ?? 'x';
        const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
        const filled = Buffer.from(bytes.toString('latin1').replaceAll('FIELD', field), 'latin1');
        return {
          what: `${named(operation)}: ${what}`,
          wire: { method: operation.method, path: at(operation), headers: json, body: filled },
        };
      }),
    ),
  ));

it('bytes that are no UTF-8 are refused as such, and not taken for other characters', async () => {
  for (const operation of takingBodies()) {
    const body = Buffer.from([...Buffer.from('{"a": "'), 0xff, ...Buffer.from('"}')]);
    const answer = await ask({ method: operation.method, path: at(operation), headers: json, body });
    const isSigned = operation.path.includes('/auth/');
    if (!isSigned) expect(answer.body['details']).toEqual([{ field: 'body', message: 'is not UTF-8' }]);
  }
});

it('operators, tricks of paths and of characters in place of each parameter of a path', () =>
  withstands(
    operations.flatMap((operation) =>
      operation.places.flatMap(([place]) =>
        hostilePlaces.map(([what, spoil]) => ({
          what: `${named(operation)}: ${what} as ${place}`,
          wire: {
            method: operation.method,
            path: at(operation, (name, known) => (name === place ? spoil(known) : known)),
            ...(operation.fields === null ? {} : { headers: json, body: '{}' }),
          },
        })),
      ),
    ),
  ));

it('paths that lead elsewhere than they seem to', () =>
  withstands(
    [
      `/api/wallet/x/../${wallet.npub}/balance`,
      `/api/wallet/x/%2e%2e/${wallet.npub}/balance`,
      `//api/wallet/${wallet.npub}/balance`,
      `/api//wallet//${wallet.npub}/balance`,
      `/./api/wallet/${wallet.npub}/balance`,
      `/api%2fwallet%2f${wallet.npub}%2fbalance`,
      `/api/wallet/${wallet.npub}/balance%00.json`,
      `/api/wallet/${wallet.npub}/balance;x=y`,
      `/api/wallet/${wallet.npub}/balance.json`,
      `/api/wallet/${wallet.npub}/__proto__`,
      `/livez/../api/wallet/${wallet.npub}/balance`,
      ...[
        '/docs/..%2f..%2fpackage.json',
        '/docs/%2e%2e',
        '/docs/....//',
        '/docs/__proto__',
        '/docs/constructor',
      ],
      ...[
        '/docs/start.js%00.html',
        '/docs/%ff',
        '/docs/C:%5cboot.ini',
        '/docs/.env',
        '/livez%00',
        '/livez%',
        '/%',
      ],
    ].map((path) => ({ what: path, wire: { method: 'GET', path } })),
  ));

it('queries that are meant for another program change no answer', async () => {
  const asking = operations.filter(({ method }) => method === 'GET');
  const plain = new Map(
    await Promise.all(
      asking.map(
        async (one): Promise<[string, number]> => [
          named(one),
          (await ask({ method: 'GET', path: at(one) })).status,
        ],
      ),
    ),
  );
  const attacks = operations.flatMap((operation) =>
    hostileQueries.map((query) => ({
      what: `${named(operation)}?${query.slice(0, 30)}`,
      wire: { method: operation.method, path: `${at(operation)}?${query}` },
      isRefused: (plain.get(named(operation)) ?? 400) >= 400,
    })),
  );
  await withstands(attacks);
});

it('5,000 characters in each header that is read, and names that are none', () =>
  withstands([
    ...operations.flatMap((operation) =>
      readHeaders.map((name) => ({
        what: `${named(operation)}: 5,000 characters in ${name}`,
        wire: {
          method: operation.method,
          path: at(operation, (place, known) => (place === 'npub' ? known : 'x')),
          headers: { ...(operation.fields === null ? {} : json), [name]: mark },
          // Some take an empty object.
          ...(operation.fields === null ? {} : { body: '{"other": 1}' }),
        },
        isRefused: operation.fields !== null,
      })),
    ),
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '$where', 'x-http-method-override'].map(
      (name) => ({
        what: `a header ${name}`,
        wire: {
          method: 'POST',
          path: `${wallet.at}/balance`,
          headers: { [name]: 'GET', 'x-method-override': 'DELETE' },
        },
      }),
    ),
  ]));

it('after all of that the wallet pays', async () => {
  world.context.startWorkers();
  const { invoice } = await world.sim.invoice({ amount: 100 });
  expect((await wallet.melt(invoice)).status).toBe(200);
});

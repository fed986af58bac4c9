import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Scope } from '../../src/models/apiKey.ts';
import type { Route } from '../../src/routes.ts';
import { dump } from '../support/money.ts';
import { routes } from '../support/openapi/validators.ts';
import { expectDocumented } from '../support/openapi/watch.ts';
import {
  newSigner,
  nostrHeader,
  publicOrigin,
  type Signer,
  signed,
  signedEvent,
  type ToSign,
} from '../support/signing.ts';
import { type Reply, startWorld, type TestWallet, type World } from '../support/world.ts';

/**
 * Every route of the table, asked by everybody who must get nowhere on it. A new route joins by itself; whoever adds one with
 * a parameter or a body of a new kind says in `bodyFor` and `targetOf` what the right caller would send.
 */
const guarded = routes.filter(({ access }) => access !== 'public');

/** An owner with a wallet of 1000 sat that nobody else may touch. */
let world: World;
let owner: Signer;
let wallet: TestWallet;
let invoice: string;
/** The clock of the server; tokens grow old by it. */
let aheadMs = 0;
beforeAll(async () => {
  world = await startWorld({
    env: { CRUCIBLE_PUBLIC_ORIGIN: publicOrigin },
    // What the others leave open, they would go on with meanwhile.
    workers: false,
    overrides: { now: () => new Date(Date.now() + aheadMs) },
  });
  owner = newSigner();
  wallet = await world.walletOf(owner.npub, 1000);
  invoice = (await world.sim.invoice({ amount: 100 })).invoice;
});
afterAll(() => world.end());

const targetOf = ({ path }: Route): string =>
  path
    .replace(':npub', owner.npub)
    .replace(':supportId', 'sup_0123456789abcdef0123')
    .replace(/:\w+/g, 'tx_melt_1_0a');

/** What the right caller would send, without anything that the store does not know yet. */
const bodyFor = (route: Route): string | undefined => {
  if (route.method !== 'post') return undefined;
  return JSON.stringify(bodies[route.path] ?? { anything: true });
};
const bodies: Record<string, object> = {};
beforeAll(() => {
  Object.assign(bodies, {
    '/api/auth/token': {},
    '/api/wallet/create': { npub: owner.npub },
    '/api/wallet/:npub/mint': { amount: 21 },
    '/api/wallet/:npub/mint/complete': { quoteId: 'q1' },
    '/api/wallet/:npub/send': { amount: 21 },
    '/api/wallet/:npub/send/:transactionId/reclaim': {},
    '/api/wallet/:npub/receive': { encodedToken: 'cashuB' },
    '/api/wallet/:npub/melt/quote': { invoice },
    '/api/wallet/:npub/melt': { invoice },
    '/api/wallet/:npub/proofs/status': {},
    '/api/wallet/:npub/reconcile': {},
    '/api/wallet/:npub/restore': {},
    '/api/support/reports/:supportId/resolve': { note: 'x' },
    '/api/support/operations/:transactionId/recheck': {},
    '/api/support/operations/:transactionId/decide': { decision: 'fence', note: 'x' },
  });
});

const requestOf = (route: Route): ToSign => ({
  method: route.method.toUpperCase(),
  target: targetOf(route),
  body: bodyFor(route),
});

function ask(route: Route, authorization: string | undefined, more: { body?: string | undefined } = {}) {
  const { method, target, body } = { ...requestOf(route), ...more };
  return fetch(world.url + target, {
    method,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  }).then(async (response): Promise<Reply> => {
    const body = { ...objectIn(await response.json()) };
    expectDocumented();
    return { status: response.status, headers: response.headers, body };
  });
}

const objectIn = (json: unknown): object => (typeof json === 'object' && json !== null ? json : {});

/** Every document that is stored, but for what a good key says of itself: that it was used today. */
async function stored(): Promise<Set<string>> {
  const collections: unknown = JSON.parse(await dump(world));
  if (!Array.isArray(collections)) throw new Error('the dump is not a list of collections');
  return new Set(
    collections.flat().map((document) => JSON.stringify({ ...objectIn(document), last_used_on: null })),
  );
}

const scopes = ['wallet:read', 'wallet:write', 'wallet:melt', 'support:read', 'support:write'] as const;

async function key(given: {
  scopes: readonly Scope[];
  npub?: string | null;
  expiresAt?: Date;
  budget?: bigint;
}) {
  const { npub = null, expiresAt = null, budget = null } = given;
  return world.context.services.apiKeys.issue({
    label: 'matrix',
    scopes: [...given.scopes],
    npub,
    expiresAt,
    budgetSatPerDay: budget,
  });
}

const bearer = async (issued: Promise<{ token: string }>): Promise<string> =>
  `Bearer ${(await issued).token}`;

/** Everything that the route asks for, but not for this. */
const allBut = ({ access }: Route): Scope[] =>
  scopes.filter((scope) => scope !== access && !(access === 'creation' && scope === 'wallet:write'));

type Intruder = {
  who: string;
  /** What it sends. Whatever makes that bad is brought about here, before the store is looked at. */
  authorization(route: Route): Promise<string | undefined>;
  /** Sent in place of the right body. */
  body?(route: Route): string;
  status: number;
  code: string;
  /** Where it has something to ask for; everywhere unless said. */
  on?(route: Route): boolean;
};

const at = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const unauthenticated = { status: 401, code: 'UNAUTHENTICATED' };
const forbidden = { status: 403, code: 'FORBIDDEN' };

/** Signed as it should be, but for what is said to be different. */
const badly = (who: string, differences: (route: Route) => Partial<ToSign>): Intruder => ({
  who,
  ...unauthenticated,
  authorization: async (route) => signed(owner, { ...requestOf(route), ...differences(route) }),
});

const hasBody = (route: Route): boolean => bodyFor(route) !== undefined;
/** Where a signature may open something: support is refused before what it says of the body is looked at. */
const isOwners = ({ access }: Route): boolean => !access.startsWith('support:');

const intruders: Intruder[] = [
  { who: 'nobody', ...unauthenticated, authorization: async () => undefined },
  { who: 'garbage', ...unauthenticated, authorization: async () => 'Bearer x' },
  { who: 'garbage as a signature', ...unauthenticated, authorization: async () => 'Nostr eyJraW5kIjoxfQ==' },
  {
    who: 'a header of 5,000 characters',
    ...unauthenticated,
    authorization: async () => `Nostr ${'A'.repeat(5_000)}`,
  },
  {
    who: 'an unknown key',
    ...unauthenticated,
    authorization: async () => `Bearer crk_0123456789abcdef_${'A'.repeat(43)}`,
  },
  {
    who: 'an unknown token',
    ...unauthenticated,
    authorization: async () => `Bearer crt_0123456789abcdef_${'A'.repeat(43)}`,
  },
  {
    who: 'a revoked key',
    ...unauthenticated,
    async authorization() {
      const issued = await key({ scopes: ['admin'] });
      expect(await world.context.services.apiKeys.revoke(issued.key.id)).toBe('revoked');
      return `Bearer ${issued.token}`;
    },
  },
  {
    who: 'an expired key',
    ...unauthenticated,
    authorization: () => bearer(key({ scopes: ['admin'], expiresAt: new Date(Date.now() - 1) })),
  },
  {
    who: 'a key that lacks the scope',
    ...forbidden,
    authorization: (route) => bearer(key({ scopes: allBut(route), npub: owner.npub })),
  },
  {
    who: 'a key of another wallet',
    ...forbidden,
    authorization: () => bearer(key({ scopes, npub: newSigner().npub })),
  },
  {
    who: 'an expired token',
    ...unauthenticated,
    async authorization() {
      aheadMs = -5 * 60_000;
      const { token } = await world.context.services.bearerTokens.issue(owner.npub);
      aheadMs = 0;
      return `Bearer ${token}`;
    },
  },
  {
    who: 'a revoked token',
    ...unauthenticated,
    async authorization() {
      const { token } = await world.context.services.bearerTokens.issue(owner.npub);
      expect(await world.context.services.bearerTokens.revoke(token.slice(4, 20))).toBe(true);
      return `Bearer ${token}`;
    },
  },
  {
    who: 'a token of another wallet',
    ...forbidden,
    async authorization() {
      const { token } = await world.context.services.bearerTokens.issue(newSigner().npub);
      return `Bearer ${token}`;
    },
  },
  {
    who: 'a key whose budget is used up',
    status: 403,
    code: 'BUDGET_EXCEEDED',
    on: spends,
    authorization: () => bearer(key({ scopes, npub: owner.npub, budget: 1n })),
  },
  {
    who: 'the owner of another wallet',
    ...forbidden,
    // Of whom a token is asked for, that one's is given.
    on: ({ access }) => access !== 'signature',
    authorization: async (route) => signed(newSigner(), requestOf(route)),
  },
  {
    who: 'a forged signature',
    ...unauthenticated,
    async authorization(route) {
      const [mine, its] = [signedEvent(newSigner(), requestOf(route)), signedEvent(owner, requestOf(route))];
      return nostrHeader({ ...its, sig: mine.sig });
    },
  },
  {
    who: 'an event whose signer was exchanged',
    ...unauthenticated,
    authorization: async (route) =>
      nostrHeader({
        ...signedEvent(newSigner(), requestOf(route)),
        pubkey: signedEvent(owner, requestOf(route)).pubkey,
      }),
  },
  {
    who: 'an event that says of itself that it is verified',
    ...unauthenticated,
    authorization: async (route) =>
      nostrHeader({
        ...signedEvent(owner, requestOf(route)),
        sig: '0'.repeat(128),
        'Symbol(verified)': true,
      }),
  },
  badly('an event of another kind', () => ({ kind: 22_242 })),
  badly('an event of a minute ago', () => ({ at: at(-63) })),
  badly('an event of the next minute', () => ({ at: at(63) })),
  badly('an event for another address', (route) => ({ tags: { u: `${publicOrigin}${targetOf(route)}/x` } })),
  badly('an event for another server', (route) => ({ tags: { u: `https://evil.test${targetOf(route)}` } })),
  badly('an event without an address', () => ({ tags: { u: null } })),
  badly('an event for another method', () => ({ tags: { method: 'DELETE' } })),
  badly('an event without a method', () => ({ tags: { method: null } })),
  { ...badly('an event for another body', () => ({ tags: { payload: '0'.repeat(64) } })), on: isOwners },
  {
    ...badly('an event that does not bind the body', () => ({ tags: { payload: null } })),
    on: (route) => hasBody(route) && isOwners(route),
  },
  {
    who: 'whoever exchanged the body',
    ...unauthenticated,
    on: (route) => hasBody(route) && isOwners(route),
    authorization: async (route) => signed(owner, requestOf(route)),
    body: (route) => `${bodyFor(route)} `,
  },
  {
    who: 'whoever has overheard a request',
    ...unauthenticated,
    on: isOwners,
    async authorization(route) {
      const authorization = signed(owner, { ...requestOf(route), moreTags: [['t', randomUUID()]] });
      expect((await ask(route, authorization, { body: bodyFor(route) })).status).not.toBe(401);
      return authorization;
    },
  },
  {
    who: 'the owner of a wallet, where all are meant',
    ...forbidden,
    on: (route) => !isOwners(route),
    authorization: async (route) => signed(owner, requestOf(route)),
  },
  {
    who: 'a key for support of one wallet',
    ...forbidden,
    on: (route) => !isOwners(route),
    authorization: () => bearer(key({ scopes, npub: owner.npub })),
  },
  {
    who: 'a token that wants to live on',
    ...forbidden,
    on: ({ access }) => access === 'signature',
    async authorization() {
      const { token } = await world.context.services.bearerTokens.issue(owner.npub);
      return `Bearer ${token}`;
    },
  },
  {
    who: 'an admin’s key in place of a signature',
    ...forbidden,
    on: ({ access }) => access === 'signature',
    authorization: () => bearer(key({ scopes: ['admin'] })),
  },
];

/** Routes of the scope for paying that take nothing from a budget. */
const onlyAsking = ['/api/wallet/:npub/melt/quote', '/api/wallet/:npub/send/:transactionId'];

function spends({ access, path }: Route): boolean {
  return access === 'wallet:melt' && !onlyAsking.includes(path);
}

describe.each(
  guarded.map((route): [string, Route] => [`${route.method.toUpperCase()} ${route.path}`, route]),
)('%s', (_name, route) => {
  const concerned = intruders.filter(({ on }) => on === undefined || on(route));
  it.each(concerned.map((intruder): [string, Intruder] => [intruder.who, intruder]))(
    'gets %s nowhere',
    async (_who, { authorization, body, status, code }) => {
      const header = await authorization(route);
      const before = await stored();
      const reply = await ask(route, header, body === undefined ? {} : { body: body(route) });
      expect({
        status: reply.status,
        code: reply.body['code'],
        type: reply.headers.get('content-type'),
      }).toEqual({
        status,
        code,
        type: expect.stringMatching(/^application\/problem\+json/),
      });
      expect(reply.body).toMatchObject({
        status,
        severity: 'LOW',
        detail: expect.stringMatching(/^Nothing was|Nothing was/),
      });
      expect(reply.body).not.toHaveProperty('success');
      expect(reply.headers.get('www-authenticate') === null).toBe(status !== 401);
      const after = await stored();
      const gone = [...before].filter((document) => !after.has(document));
      const added = [...after].filter((document) => !before.has(document));
      // Whose a wallet would be stands in the body, so that a stranger’s own event is used up by then.
      const isOwnEvent = (document: string) => route.access === 'creation' && document.includes('"used_at"');
      expect([...gone, ...added.filter((document) => !isOwnEvent(document))]).toEqual([]);
    },
  );
});

it('asks everybody who they are, but on these routes', () => {
  const open = routes
    .filter(({ access }) => access === 'public')
    .map(({ method, path }) => `${method} ${path}`);
  expect(open.sort()).toEqual([
    'get /docs',
    'get /docs/:file',
    'get /livez',
    'get /openapi.json',
    'get /readyz',
  ]);
});

it('the wallet that all of them were after is as it was', async () => {
  expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
});

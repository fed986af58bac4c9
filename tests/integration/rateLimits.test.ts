import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { freshAddress, limit, resetLimits } from '../support/rates.ts';
import { newSigner, publicOrigin, signed } from '../support/signing.ts';
import { type Instance, type Reply, startWorld, type TestWallet, type World } from '../support/world.ts';

/** Two servers on one database, behind a proxy on their own machine that tells them where a request came from. */
let world: World;
let second: Instance;
let wallet: TestWallet;
let servers: [Instance, Instance];
beforeAll(async () => {
  world = await startWorld({
    env: {
      CRUCIBLE_RATE_LIMIT: 'on',
      CRUCIBLE_TRUSTED_PROXIES: 'loopback',
      CRUCIBLE_PUBLIC_ORIGIN: publicOrigin,
    },
  });
  second = await world.instance({}, false);
  servers = [world, second];
  wallet = await world.wallet(1000);
});
afterAll(() => world.end());

afterEach(() => resetLimits(servers));

const balance = (headers: Record<string, string>, url = world.url): Promise<Reply> =>
  world.call('GET', `${wallet.at}/balance`, undefined, headers, url);

const bearer = async (): Promise<string> => `Bearer ${await world.keyFor(['wallet:read', 'wallet:melt'])}`;

/** So many requests at once, every second one to the other server. @returns how many there were of each status */
async function volley(count: number, ask: (url: string) => Promise<Reply>): Promise<Record<number, number>> {
  const replies = await Promise.all(
    Array.from({ length: count }, (_none, at) => ask(at % 2 === 0 ? world.url : second.url)),
  );
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('two servers on one database', () => {
  it('share the limit of an API key exactly: so many in sum, and not one more', async () => {
    await limit('key', 15, servers);
    const authorization = await bearer();
    expect(await volley(40, (url) => balance({ authorization }, url))).toEqual({ 200: 15, 429: 25 });
    // Another key is another matter.
    expect((await balance({ authorization: await bearer() })).status).toBe(200);
  });

  it('share the limit of an owner, whether requests are signed or bear a token', async () => {
    await limit('npub', 8, servers);
    const owner = newSigner();
    const { at } = await world.walletOf(owner.npub);
    const target = `${at}/balance`;
    const { token } = await world.context.services.bearerTokens.issue(owner.npub);
    const either = (url: string) => {
      const authorization = url === world.url ? signed(owner, { method: 'GET', target }) : `Bearer ${token}`;
      return world.call('GET', target, undefined, { authorization }, url);
    };
    expect(await volley(20, either)).toEqual({ 200: 8, 429: 12 });
  });

  it('share the limit of a wallet’s payments, which stops no other request', async () => {
    await limit('melt', 6, servers);
    const { at } = await world.wallet(100);
    const headers = { authorization: await bearer() };
    const pay = (url: string) => world.call('POST', `${at}/melt`, { invoice: 'lnbc1' }, headers, url);
    expect(await volley(16, pay)).toEqual({ 400: 6, 429: 10 });
    const refused = await pay(world.url);
    expect(refused.body).toMatchObject({ code: 'RATE_LIMITED', limitedBy: 'melt', perMinute: 6 });
    expect((await world.call('GET', `${at}/balance`, undefined, headers)).status).toBe(200);
    // Another wallet pays with the same key.
    const other = await world.call('POST', `${wallet.at}/melt`, { invoice: 'lnbc1' }, headers);
    expect(other.body['code']).toBe('INVALID_INVOICE');
  });

  it('share the limit of an address; an IPv6 address is its /64', async () => {
    await limit('address', 10, servers);
    const [network] = freshAddress().split('::');
    const ask = (url: string) =>
      balance({ authorization: '', 'x-forwarded-for': `${network}::${randomBytes(2).toString('hex')}` }, url);
    expect(await volley(25, ask)).toEqual({ 401: 10, 429: 15 });
    expect((await balance({ authorization: '', 'x-forwarded-for': freshAddress() })).status).toBe(401);
  });
});

describe('a client', () => {
  it('reads from every answer how many requests it has left, of each limit that concerns it', async () => {
    await limit('key', 5, servers);
    const authorization = await bearer();
    const first = await balance({ authorization, 'x-forwarded-for': freshAddress() });
    expect(first.headers.get('ratelimit')).toMatch(/^"address"; r=2999; t=\d+, "key"; r=4; t=\d+$/);
    expect(first.headers.get('ratelimit-policy')).toMatch(
      /^"address"; q=3000; w=60; pk=:\S+:, "key"; q=5; w=60; pk=:\S+:$/,
    );
    expect(first.headers.get('retry-after')).toBeNull();
    for (let count = 0; count < 4; count += 1) await balance({ authorization });
    const refused = await balance({ authorization });
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED', severity: 'LOW', retryable: true, limitedBy: 'key', perMinute: 5 },
    });
    expect(refused.headers.get('ratelimit')).toMatch(/"key"; r=0; t=\d+$/);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.body['retryAfterSeconds']).toBe(seconds);
    expect(refused.body['detail']).toMatch(
      /nothing was sent or paid for this request: .* Try again in \d+ s/,
    );
  });

  it('is let in again at once when the limit is raised, and stopped when it is lowered', async () => {
    await limit('key', 3, servers);
    const authorization = await bearer();
    expect(await volley(8, (url) => balance({ authorization }, url))).toEqual({ 200: 3, 429: 5 });
    await limit('key', 1_000, servers);
    expect(await volley(8, (url) => balance({ authorization }, url))).toEqual({ 200: 8 });
    await limit('key', 4, servers);
    expect(await volley(8, (url) => balance({ authorization }, url))).toEqual({ 429: 8 });
  });
});

it('a flood of forged keys is stopped by its address, before each costs a look at the keys', async () => {
  await limit('address', 6, servers);
  const looks = servers.map(({ context }) => jest.spyOn(context.database.apiKeys.collection, 'findOne'));
  const from = { 'x-forwarded-for': freshAddress() };
  const forged = () =>
    `Bearer crk_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('base64url')}`;
  const reply = await volley(50, (url) => balance({ ...from, authorization: forged() }, url));
  expect(reply).toEqual({ 401: 6, 429: 44 });
  expect(looks.flatMap(({ mock }) => mock.calls)).toHaveLength(6);
  for (const look of looks) look.mockRestore();
});

it('a caller uses up no limit of somebody else: neither a wallet’s payments nor the id of a key', async () => {
  const { at, npub } = await world.wallet(100);
  await limit('melt', 2, servers);
  await limit('key', 3, servers);
  const others = { authorization: `Bearer ${await world.keyFor(['wallet:melt'], newSigner().npub)}` };
  const pay = (headers: Record<string, string>) =>
    world.call('POST', `${at}/melt`, { invoice: 'lnbc1' }, headers);
  for (let count = 0; count < 3; count += 1) expect((await pay(others)).status).toBe(403);
  const own = `Bearer ${await world.keyFor(['wallet:melt'], npub)}`;
  for (let count = 0; count < 5; count += 1)
    expect((await pay({ authorization: `${own.slice(0, -43)}${'A'.repeat(43)}` })).status).toBe(401);
  expect((await pay({ authorization: own })).body['code']).toBe('INVALID_INVOICE');
});

it('health is asked as often as anybody likes', async () => {
  await limit('address', 1, servers);
  for (const path of ['/livez', '/readyz', '/livez', '/readyz'])
    expect((await fetch(world.url + path, { headers: { 'x-forwarded-for': freshAddress() } })).status).toBe(
      200,
    );
  const { headers } = await fetch(`${world.url}/readyz`);
  expect(headers.get('ratelimit')).toBeNull();
});

it('nothing is left of who called but counters that the database forgets', async () => {
  await balance({ authorization: await bearer(), 'x-forwarded-for': freshAddress() });
  const counters = await world.context.database.rateCounters.find().lean();
  expect(counters.length).toBeGreaterThan(1);
  for (const { expire } of counters) expect(expire.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  const indexes = await world.context.database.rateCounters.collection.indexes();
  expect(indexes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ key: { expire: 1 }, expireAfterSeconds: 0 }),
      expect.objectContaining({ key: { key: 1 }, unique: true }),
    ]),
  );
});

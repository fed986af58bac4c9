import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { limit } from '../support/rates.ts';
import { openPremises, type Premises } from '../support/realServers.ts';
import { severable } from '../support/severable.ts';
import { startWorld, until, type World } from '../support/world.ts';

const limited = { CRUCIBLE_RATE_LIMIT: 'on' };

/** A request of nobody, for which the server itself needs no database. */
const knock = async (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/wallet/npub1/balance`, { headers });

const anyAddress = () => `192.0.2.${randomInt(1, 255)}`;

const statuses = async (count: number, ask: () => Promise<Response>): Promise<number[]> => {
  const found: number[] = [];
  for (let at = 0; at < count; at += 1) found.push((await ask()).status);
  return found;
};

describe('a server that trusts no proxy', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: limited });
  });
  afterAll(() => world.end());

  it('does not believe what an address says of itself', async () => {
    await world.context.services.rateLimits.set('address', 3);
    const ask = () => knock(world.url, { 'x-forwarded-for': anyAddress() });
    const counted = async () =>
      (await world.context.database.rateCounters.find({ key: /^address:/ }).lean()).map(({ key }) => key);
    // A database that is slow to answer is gone without for a second: then nothing is counted there.
    const isLimited = async () =>
      (await statuses(4, ask)).every((status) => status === 429) && (await counted()).length > 0;
    await until(isLimited, 'the limit, counted in the database');
    expect(await counted()).toEqual(['address:127.0.0.1']);
  });

  it('lets no page of another origin read its answers', async () => {
    const { headers } = await knock(world.url, { origin: 'https://page.example' });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await fetch(`${world.url}/api/wallet/create`, {
      method: 'OPTIONS',
      headers: { origin: 'https://page.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(preflight.ok).toBe(false);
  });
});

describe('a server behind a proxy that it trusts, for pages of one origin', () => {
  let world: World;
  const origin = 'https://shop.example';
  beforeAll(async () => {
    world = await startWorld({
      env: { ...limited, CRUCIBLE_TRUSTED_PROXIES: '127.0.0.0/8', CRUCIBLE_CORS_ORIGINS: origin },
    });
  });
  afterAll(() => world.end());

  it('goes by the address that the proxy saw, whatever the client has put before it', async () => {
    await limit('address', 2, [world]);
    const ask = () => knock(world.url, { 'x-forwarded-for': `${anyAddress()}, 198.51.100.7` });
    expect(await statuses(4, ask)).toEqual([401, 401, 429, 429]);
    expect((await knock(world.url, { 'x-forwarded-for': '198.51.100.8' })).status).toBe(401);
  });

  it('lets those pages ask, and read limits and request ids', async () => {
    const preflight = await fetch(`${world.url}/api/wallet/create`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Idempotency-Key/);
    const answer = await knock(world.url, { origin, 'x-forwarded-for': '198.51.100.20' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/RateLimit.*Retry-After/);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each(['https://other.example', 'http://shop.example', 'https://shop.example.evil.test', 'null'])(
    'and nobody from %s',
    async (other) => {
      const answer = await knock(world.url, { origin: other, 'x-forwarded-for': '198.51.100.21' });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('while the database is away', () => {
  let world: World;
  let database: Awaited<ReturnType<typeof severable>>;
  beforeAll(async () => {
    world = await startWorld({
      env: { ...limited, CRUCIBLE_TRUSTED_PROXIES: 'loopback' },
      relay: async (uri) => {
        database = await severable(uri);
        return database.uri;
      },
    });
  });
  afterAll(async () => {
    database.mend();
    await world.end();
    await database.close();
  });

  it('a flood is stopped all the same, others are answered, and afterwards it is as it was', async () => {
    await limit('address', 5, [world]);
    const from = (address: string) => () => knock(world.url, { 'x-forwarded-for': address });
    // Nobody waits until a majority has a counter.
    const shared = async (address: string) => {
      const found = world.context.database.rateCounters.findOne({ key: `address:${address}` });
      return (await found.readConcern('local').lean())?.points;
    };
    expect(await statuses(2, from('198.51.100.30'))).toEqual([401, 401]);
    expect(await shared('198.51.100.30')).toBe(2);

    database.sever();
    const begun = performance.now();
    // The server begins to count by itself.
    expect(await statuses(9, from('198.51.100.30'))).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429]);
    expect(await statuses(3, from('198.51.100.31'))).toEqual([401, 401, 401]);
    // Only the first had to wait until it was clear that nobody answers.
    expect(performance.now() - begun).toBeLessThan(5_000);

    database.mend();
    await until(async () => {
      await from('198.51.100.32')();
      return (await shared('198.51.100.32').catch(() => undefined)) !== undefined;
    }, 'counting in the database');
    expect(await statuses(5, from('198.51.100.33'))).toEqual([401, 401, 401, 401, 401]);
    expect(await shared('198.51.100.33')).toBe(5);
  });

  it('nor does it help a flood, or hold up others for long, that it says nothing at all', async () => {
    await limit('address', 5, [world]);
    const from = (address: string) => () => knock(world.url, { 'x-forwarded-for': address });
    database.freeze();
    const begun = performance.now();
    const together = await Promise.all(Array.from({ length: 12 }, from('198.51.100.40')));
    const found = together.map(({ status }) => status);
    expect(found.toSorted()).toEqual([...Array(5).fill(401), ...Array(7).fill(429)]);
    expect(await statuses(2, from('198.51.100.41'))).toEqual([401, 401]);
    expect(performance.now() - begun).toBeLessThan(6_000);
    database.mend();
    await until(async () => (await fetch(`${world.url}/readyz`)).ok, 'the database', 30_000);
  });
});

describe('in production', () => {
  let premises: Premises;
  beforeAll(async () => {
    premises = await openPremises();
  });
  afterAll(() => premises.close());

  const crucible = (...words: string[]) => runCli(premises.env, words);

  it('two processes share one limit exactly, and go by what `crucible limits` says while they run', async () => {
    const [one, two] = await Promise.all([premises.start(), premises.start()]);
    const ask = (at: number) =>
      premises.ask(at % 2 === 0 ? one.url : two.url, 'GET', '/api/wallet/npub1/balance');
    const told = async (url: string) =>
      String((await premises.ask(url, 'GET', '/api/wallet/npub1/balance')).headers['ratelimit-policy']);

    expect(await crucible('limits', 'set', 'key', '40')).toMatchObject({
      code: 0,
      stderr: 'key: 40 a minute, on every server within seconds.\n',
    });
    for (const { url } of [one, two])
      await until(async () => (await told(url)).includes('"key"; q=40;'), 'the new limit', 5_000);

    await crucible('limits', 'set', 'key', '100');
    for (const { url } of [one, two])
      await until(async () => (await told(url)).includes('"key"; q=100;'), 'the newer limit', 5_000);
    const { token } = await premises.issueKey();
    const asks = Array.from({ length: 130 }, (_none, at) =>
      fetch(`${at % 2 === 0 ? one.url : two.url}/api/wallet/npub1/balance`, {
        headers: { authorization: `Bearer ${token}` },
      }),
    );
    const found = (await Promise.all(asks)).map(({ status }) => status);
    // 400: let in, and no npub.
    expect([
      found.filter((status) => status === 400).length,
      found.filter((status) => status === 429).length,
    ]).toEqual([100, 30]);
    expect((await ask(0)).status).not.toBe(401);

    expect(await crucible('limits', 'reset', 'key')).toMatchObject({ code: 0 });
    for (const { url } of [one, two])
      await until(async () => (await told(url)).includes('"key"; q=3000;'), 'the default', 5_000);
    const { code, stdout } = await crucible('limits', 'list', '--json');
    expect({ code, limits: JSON.parse(stdout) }).toEqual({
      code: 0,
      limits: [
        { name: 'address', perMinute: 1_000_000, defaultPerMinute: 3_000 },
        { name: 'key', perMinute: 3_000, defaultPerMinute: 3_000 },
        { name: 'npub', perMinute: 1_000_000, defaultPerMinute: 600 },
        { name: 'melt', perMinute: 1_000_000, defaultPerMinute: 240 },
        { name: 'compare', perMinute: 1_000_000, defaultPerMinute: 30 },
        { name: 'restore', perMinute: 1_000_000, defaultPerMinute: 10 },
      ],
    });
  });

  it.each([
    [['set', 'keys', '5']],
    [['set', 'key', '0']],
    [['set', 'key', '-1']],
    [['set', 'key']],
    [['reset', 'all']],
    [[]],
  ])('crucible limits %j is wrong usage, and changes nothing', async (words) => {
    const before = await premises.rateLimits.list();
    const { code, stdout, stderr } = await crucible('limits', ...words);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/limit[\s\S]*usage: /),
    });
    expect(await premises.rateLimits.list()).toEqual(before);
  });

  it('no server starts without limits, and says why', async () => {
    await expect(premises.start({ CRUCIBLE_RATE_LIMIT: 'off' })).rejects.toThrow(
      /CRUCIBLE_RATE_LIMIT=off works in the development profile alone\. .*crucible limits set/,
    );
  });
});

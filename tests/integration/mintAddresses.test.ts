import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { send } from '../support/refusals/wire.ts';
import { startWorld, until, type World } from '../support/world.ts';

/** A world whose mint is known by a name that leads to loopback, on a server that allows no mint there. */
let world: World;
let named: string;
beforeAll(async () => {
  world = await startWorld();
  named = world.simulator.url.replace('127.0.0.1', 'localhost');
});
afterAll(() => world.end());

describe('a mint whose name leads into a private network', () => {
  it('is not called: the client is told that nothing moved, people are told why and what to set, until it is allowed', async () => {
    const { MINT_URL: url, CRUCIBLE_PRIVATE_MINT_NETWORKS: allowed } = world.env;
    Object.assign(world.env, { MINT_URL: named, CRUCIBLE_PRIVATE_MINT_NETWORKS: '10.0.0.0/8' });
    const closed = await world.instance();
    const told = () => world.context.database.reports.find({ code: 'MINT_ADDRESS_REFUSED' }).lean();
    const npub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';
    const create = () => world.call('POST', '/api/wallet/create', { npub }, {}, closed.url);
    for (let round = 0; round < 3; round += 1)
      expect(await create()).toMatchObject({
        status: 503,
        body: {
          code: 'MINT_UNAVAILABLE',
          detail: expect.stringContaining('Nothing was started and no money moved'),
        },
      });
    await until(async () => (await told()).length > 0, 'the report');
    expect(await told()).toEqual([
      expect.objectContaining({
        severity: 'HIGH',
        status: 'open',
        count: 1,
        summary: expect.stringMatching(
          /localhost:\d+ is not called.*(127\.0\.0\.1|::1).*CRUCIBLE_PRIVATE_MINT_NETWORKS/,
        ),
      }),
    ]);
    await closed.stop();

    Object.assign(world.env, { CRUCIBLE_PRIVATE_MINT_NETWORKS: '127.0.0.0/8' });
    const open = await world.instance();
    expect((await world.call('POST', '/api/wallet/create', { npub }, {}, open.url)).status).toBe(201);
    await until(async () => (await told())[0]?.status === 'closed', 'the report closed');
    await open.stop();
    Object.assign(world.env, { MINT_URL: url, CRUCIBLE_PRIVATE_MINT_NETWORKS: allowed });
  });
});

describe('whatever clients and mints say', () => {
  const called = new Set<string>();
  /** undici tells of every connection that it is about to make, the server's and the test's own. */
  const note = (message: unknown): void => {
    const { connectParams }: { connectParams?: { host: string } } = Object(message);
    called.add(String(connectParams?.host));
  };
  let decoy: string;
  let visits = 0;
  const server = createServer((_request, response) => response.end('{}'));
  server.on('connection', () => {
    visits += 1;
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    decoy = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    subscribe('undici:client:beforeConnect', note);
  });
  afterAll(() => {
    unsubscribe('undici:client:beforeConnect', note);
    server.close();
  });

  it('only the configured mint is called', async () => {
    const wallet = await world.wallet(500);
    const { sim, adminKey } = { ...world, adminKey: await world.keyFor(['admin']) };
    const authorization = `Bearer ${adminKey}`;
    const { host } = new URL(decoy);
    const told = {
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
      forwarded: `host=${host}`,
      origin: decoy,
    };

    // Clients: every field that could be taken for an address, and every header that could.
    for (const mintUrl of [
      decoy,
      `${decoy}/`,
      `${world.simulator.url}@${host}`,
      `${world.simulator.url}#@${host}/`,
    ])
      await world.call('POST', '/api/wallet/create', { npub: wallet.npub, mintUrl }, told);
    for (const quoteId of [`${decoy}/x`, `//${host}/x`, `../../../${host}`, '@x', `..%2f${host}`])
      await world.call('POST', `${wallet.at}/mint/complete`, { quoteId }, told);
    for (const invoice of [decoy, `lightning:${decoy}`, `lnurl1${'q'.repeat(50)}`, `user@${host}`])
      await world.call('POST', `${wallet.at}/melt`, { invoice }, told);
    for (const path of [
      `${decoy}${wallet.at}/balance`,
      `//${host}${wallet.at}/balance`,
      `/api/wallet/${encodeURIComponent(decoy)}/info`,
    ])
      await send(world.url, { method: 'GET', path, headers: { authorization, host, ...told } });
    await world.call(
      'GET',
      `${wallet.at}/balance?mintUrl=${decoy}&mint=${decoy}&callback=${decoy}`,
      undefined,
      told,
    );

    // The mint: ids, addresses and redirects in its replies.
    const { invoice } = await sim.invoice({ amount: 5 });
    const minting = () => world.call('POST', `${wallet.at}/mint`, { amount: 5 });
    const quoting = () => world.call('POST', `${wallet.at}/melt/quote`, { invoice });
    for (const quote of [`${decoy}/v1/mint/quote/bolt11/x`, `//${host}/x`, '@decoy', '..%2f..%2f']) {
      const set = { quote, payment_url: decoy, mint: decoy };
      await sim.addFaults({ match: { path: '/v1/m*' }, fault: { kind: 'alter_quote', set }, times: null });
      await minting();
      await quoting();
      await sim.clearFaults();
    }
    for (const status of [302, 307, 308] as const) {
      await sim.addFaults({
        match: { path: '/v1/*' },
        fault: { kind: 'redirect', location: decoy, status },
        times: null,
      });
      for (const ask of [minting, quoting, () => wallet.melt(invoice)])
        expect((await ask()).status).toBeGreaterThan(400);
      await sim.clearFaults();
    }

    expect(visits).toBe(0);
    const ours = [world.url, world.simulator.url].map((url) => new URL(url).host);
    expect([...called].filter((place) => !ours.includes(place))).toEqual([]);
    // It pays as before.
    expect((await wallet.melt((await sim.invoice({ amount: 50 })).invoice)).status).toBe(200);
  });
});

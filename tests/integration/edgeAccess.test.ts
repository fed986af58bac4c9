import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { routeTable } from '../../src/routes.ts';
import { alice, bob, startEdge } from '../support/edge.ts';

let edge: Awaited<ReturnType<typeof startEdge>>;
let adminKey: string;
beforeAll(async () => {
  edge = await startEdge();
  adminKey = await edge.keyFor(['admin']);
});
afterAll(() => edge.stop());

const path = (pattern: string, npub: string = alice) =>
  pattern.replace(':npub', npub).replace(':transactionId', 'tx_melt_1_a');

/** Metrics have a token of their own (metricsToken.test.ts). */
const guarded = () =>
  routeTable(edge.services).filter(({ access }) => access !== 'public' && access !== 'metrics');

describe('A stranger', () => {
  it('gets 401 on every route that is not public, whatever else is wrong with the request', async () => {
    for (const route of guarded()) {
      const answer = await request(edge.app)[route.method](path(route.path, 'not-an-npub'));
      expect([route.path, answer.status, answer.body.code]).toEqual([route.path, 401, 'UNAUTHENTICATED']);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    }
  });
});

describe('A key', () => {
  it('without the scope of a route gets 403 there, before its body is read', async () => {
    for (const route of guarded()) {
      const key = await edge.keyFor([route.access === 'support:read' ? 'wallet:read' : 'support:read']);
      const answer = await request(edge.app)
        [route.method](path(route.path))
        .set('Authorization', key)
        .set('Content-Type', 'application/json')
        .send('{broken');
      expect([route.path, answer.status, answer.body.code]).toEqual([route.path, 403, 'FORBIDDEN']);
    }
  });

  it('is stored as a hash alone', async () => {
    const key = await edge.keyFor(['admin']);
    const secret = key.slice('Bearer crk_0011223344556677_'.length);
    const stored = JSON.stringify(await edge.database.apiKeys.find().lean());
    expect(secret).toHaveLength(43);
    expect(stored).not.toContain(secret);
  });
});

describe('What is wrong is told in one order', () => {
  it('the npub, then the right, then the body, then what does not exist', async () => {
    const key = await edge.keyFor(['wallet:melt'], alice);
    const melt = (npub: string, body: object) =>
      request(edge.app).post(`/api/wallet/${npub}/melt/quote`).set('Authorization', key).send(body);
    expect((await melt('npub1nonsense', {})).body).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ field: 'npub' }],
    });
    expect((await melt(bob, {})).body.code).toBe('FORBIDDEN');
    expect((await melt(alice, {})).body.details).toEqual([{ field: 'invoice', message: 'is required' }]);
    const balance = await request(edge.app).get(`/api/wallet/${bob}/balance`).set('Authorization', adminKey);
    expect([balance.status, balance.body.code]).toEqual([404, 'WALLET_NOT_FOUND']);
  });
});

describe('A wallet', () => {
  it('is created once, found again, and empty', async () => {
    const create = () =>
      request(edge.app).post('/api/wallet/create').set('Authorization', adminKey).send({ npub: alice });
    const [one, two] = await Promise.all([create(), create()]);
    expect([one.status, two.status].sort()).toEqual([200, 201]);
    expect(one.body.walletDetails).toEqual(two.body.walletDetails);
    expect(one.body.walletDetails).toMatchObject({ npub: alice, mintUrl: 'http://mint.test', unit: 'sat' });

    const owner = await edge.keyFor(['wallet:read', 'wallet:write'], alice);
    const again = await request(edge.app)
      .post('/api/wallet/create')
      .set('Authorization', owner)
      .send({ npub: alice });
    expect(again.status).toBe(200);
    const balance = await request(edge.app).get(`/api/wallet/${alice}/balance`).set('Authorization', owner);
    expect(balance.body).toEqual({
      success: true,
      balance: 0,
      details: { totalBalance: 0, unspentBalance: 0, reservedBalance: 0, pendingBalance: 0, spentBalance: 0 },
    });
    const info = await request(edge.app).get(`/api/wallet/${alice}/info`).set('Authorization', owner);
    expect(info.body.walletInfo).toMatchObject({ npub: alice, balance: 0, statistics: { proofs: 0 } });
    expect(info.headers['cache-control']).toBe('no-store');
  });

  it('is not made at a mint that is not ours, and a second one is made at another mint that is', async () => {
    const create = (mintUrl: string) =>
      request(edge.app)
        .post('/api/wallet/create')
        .set('Authorization', adminKey)
        .send({ npub: alice, mintUrl });
    const refused = await create('http://evil.test');
    expect([refused.status, refused.body.details?.[0]?.field]).toEqual([400, 'mintUrl']);
    expect((await create('http://other.test')).status).toBe(201);
    expect((await create('http://mint.test/')).status).toBe(200);
  });
});

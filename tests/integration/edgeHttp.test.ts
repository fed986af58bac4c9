import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { DomainError, InvariantBroken } from '../../src/models/errors.ts';
import { startServer } from '../../src/server.ts';
import { alice, startEdge } from '../support/edge.ts';

let edge: Awaited<ReturnType<typeof startEdge>>;
let key: string;
beforeAll(async () => {
  edge = await startEdge();
  key = await edge.keyFor(['admin']);
});
afterAll(() => edge.stop());

const melt = () => request(edge.app).post(`/api/wallet/${alice}/melt`).set('Authorization', key);

describe('Every answer', () => {
  it('carries a request id: the caller’s if it is harmless, else ours', async () => {
    const kept = await request(edge.app).get('/livez').set('X-Request-Id', 'order-7_a.b');
    expect([kept.status, kept.headers['x-request-id']]).toEqual([200, 'order-7_a.b']);
    const made = await request(edge.app).get('/nope').set('X-Request-Id', 'a b');
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.headers['x-powered-by']).toBeUndefined();
  });
});

describe('A failure', () => {
  it('keeps what it must say and leaks nothing; its report is found by supportId', async () => {
    edge.money.melts.melt = async () => {
      throw new Error('secret a1b2 at /srv/app');
    };
    const answer = await melt().send({ invoice: 'lnbc1' });
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({
      error: 'Failed to melt tokens',
      code: 'INTERNAL_ERROR',
      severity: 'HIGH',
    });
    expect(answer.text).not.toMatch(/a1b2|srv|\.ts/);
    const report = await edge.database.reports.findById(answer.body.supportId).lean();
    expect(report).toMatchObject({ code: 'INTERNAL_ERROR', status: 'open', npub: alice, count: 1 });
    expect(JSON.stringify(report)).not.toMatch(/a1b2/);
    expect(report?.request_ids).toEqual([answer.headers['x-request-id']]);
  });

  it('of an invariant is CRITICAL', async () => {
    edge.money.melts.melt = async () => {
      throw new InvariantBroken('sums differ');
    };
    const answer = await melt().send({ invoice: 'lnbc1' });
    expect(answer.body).toMatchObject({ status: 500, code: 'INTERNAL_ERROR', severity: 'CRITICAL' });
  });

  it('that blocks says when to come back, and repeats are counted in one report', async () => {
    edge.money.melts.melt = async () => {
      throw new DomainError('MELT_BLOCKED_BY_RECONCILIATION', 'HIGH', 'A correction is under way.', {
        retryable: true,
      });
    };
    const answers = await Promise.all(Array.from({ length: 30 }, () => melt().send({ invoice: 'lnbc1' })));
    const supportIds = new Set(answers.map(({ body }) => body.supportId));
    expect(supportIds.size).toBe(1);
    expect(answers[0]?.headers['retry-after']).toBe('5');
    const report = await edge.database.reports.findById([...supportIds][0]).lean();
    expect(report).toMatchObject({ count: 30 });
    expect(report?.request_ids).toHaveLength(20);
  });
});

describe('Without its database', () => {
  it('the server says so at once, promises a report, and is not ready', async () => {
    const lonely = await startEdge();
    const authorization = await lonely.keyFor(['admin']);
    await lonely.database.close();
    const balance = await request(lonely.app)
      .get(`/api/wallet/${alice}/balance`)
      .set('Authorization', authorization);
    expect([balance.status, balance.headers['retry-after']]).toEqual([503, '5']);
    expect(balance.body).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      severity: 'HIGH',
      supportId: expect.stringMatching(/^sup_[0-9a-f]{20}$/),
    });
    expect(balance.text).not.toMatch(/mongo|27017|127\.0\.0\.1/i);
    const ready = await request(lonely.app).get('/readyz');
    expect(ready.body).toMatchObject({ status: 503, ready: false, database: 'unavailable' });
    await lonely.stop();
  });
});

describe('While the server drains', () => {
  it('the API and readiness say so with 503, and the process is still alive', async () => {
    edge.state.draining = true;
    const api = await request(edge.app).get(`/api/wallet/${alice}/balance`);
    const ready = await request(edge.app).get('/readyz');
    const live = await request(edge.app).get('/livez');
    edge.state.draining = false;
    expect([api.status, api.body.code, api.headers['retry-after']]).toEqual([503, 'SHUTTING_DOWN', '5']);
    expect(ready.body).toMatchObject({
      code: 'SHUTTING_DOWN',
      ready: false,
      draining: true,
      database: 'writable',
    });
    expect(live.status).toBe(200);
    expect((await request(edge.app).get('/readyz')).body).toEqual({
      ready: true,
      database: 'writable',
      mints: [{ url: 'http://mint.test', answeredMsAgo: null, circuit: 'closed' }],
      draining: false,
    });
  });

  it('an open request is answered before the server is gone', async () => {
    let answerNow = (): void => undefined;
    const started = new Promise<void>((onStart) => {
      edge.money.melts.quote = async () => {
        onStart();
        await new Promise<void>((resolve) => {
          answerNow = resolve;
        });
        return { quoteId: 'q', amount: 1n, feeReserve: 0n, inputFee: 0n, total: 1n, expiry: null };
      };
    });
    const parts = {
      services: edge.services,
      meters: edge.meters,
      logger: edge.logger,
      isDraining: () => false,
      publicOrigin: () => null,
      config: { trustedProxies: [], corsOrigins: [] },
    };
    const server = await startServer(parts, { host: '127.0.0.1', port: 0 });
    const answer = fetch(`${server.url}/api/wallet/${alice}/melt/quote`, {
      method: 'POST',
      headers: { authorization: key, 'content-type': 'application/json' },
      body: '{"invoice":"lnbc1"}',
    });
    await started;
    const closed = server.close();
    answerNow();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});

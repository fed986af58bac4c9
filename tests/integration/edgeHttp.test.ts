import { connect } from 'node:net';
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

  it('is a problem where there is no such route', async () => {
    for (const path of ['/nope', '/api/nope', '/api/wallet', `/api/wallet/${alice}/melt`]) {
      const answer = await request(edge.app).get(path);
      expect([path, answer.status, answer.type]).toEqual([path, 404, 'application/problem+json']);
      expect(answer.body).toMatchObject({ code: 'NOT_FOUND', severity: 'LOW', status: 404 });
    }
  });

  it('is a problem also for bytes that are no HTTP', async () => {
    const server = await startServer(
      { services: edge.services, logger: edge.logger, isDraining: () => false },
      { host: '127.0.0.1', port: 0 },
    );
    const raw = await say(server.port, 'NONSENSE\r\n\r\n');
    const huge = await say(server.port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    await server.close();
    expect(raw).toMatch(/^HTTP\/1\.1 400 [\s\S]*X-Request-Id: [\s\S]*"code":"VALIDATION_ERROR"/);
    expect(huge).toMatch(/^HTTP\/1\.1 431 [\s\S]*"status":431/);
  });
});

describe('A body that cannot be read', () => {
  const json = 'application/json';
  it.each([
    ['is not JSON', json, '{"invoice": "lnbc1', 400, 'VALIDATION_ERROR'],
    ['is a bare value', json, '"lnbc1"', 400, 'VALIDATION_ERROR'],
    ['is too large', json, JSON.stringify({ invoice: 'x'.repeat(65 * 1024) }), 413, 'PAYLOAD_TOO_LARGE'],
    ['is a form', 'application/x-www-form-urlencoded', 'invoice=lnbc1', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['is in another charset', `${json}; charset=latin1`, '{}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('because it %s', async (_why, type, body, status, code) => {
    const answer = await melt().set('Content-Type', type).send(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.type).toBe('application/problem+json');
  });

  it('because it is compressed, or not there, or its path is not decodable', async () => {
    const zipped = await melt().set('Content-Type', json).set('Content-Encoding', 'gzip').send('{}');
    expect(zipped.status).toBe(415);
    expect((await melt()).body.details).toEqual([{ field: 'body', message: 'is required' }]);
    const path = await request(edge.app).get('/api/wallet/%E0%A4%A/info').set('Authorization', key);
    expect([path.status, path.body.details?.[0]?.field]).toEqual([400, 'path']);
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
      mints: [{ url: 'http://mint.test', answeredMsAgo: null }],
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
    const parts = { services: edge.services, logger: edge.logger, isDraining: () => false };
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

/** Sends bytes and collects all that comes back. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

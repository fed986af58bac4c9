import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Answer, openPremises, type Premises, type RealServer } from '../support/realServers.ts';
import { until } from '../support/world.ts';

let premises: Premises;
let staying: RealServer;
beforeAll(async () => {
  // A payment that hangs is still waited for when its server is told to go.
  premises = await openPremises({ CRUCIBLE_ANSWER_WITHIN_MS: '60000' });
  staying = await premises.start();
}, 60_000);
afterAll(() => premises.close());
afterEach(async () => {
  const { outstanding, balance, payments } = await premises.sim.ledger();
  expect({ ok: balance.ok, repeated: payments.filter(({ count }) => count > 1) }).toEqual({
    ok: true,
    repeated: [],
  });
  expect(outstanding).toBeGreaterThan(0);
});

it('SIGTERM: not ready, nothing new, what runs is finished and answered, exit 0', async () => {
  const payment = await hangingPayment();
  const { leaving, at } = payment;
  leaving.process.kill('SIGTERM');
  await until(async () => (await ready(leaving)).status === 503, 'not ready');
  expect((await ready(leaving)).body).toMatchObject({ ready: false, draining: true });
  expect((await ready(staying)).status).toBe(200);
  const refused = await premises.ask(leaving.url, 'POST', `${at}/melt`, { invoice: payment.invoice });
  expect(refused).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN', retryable: true } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  await premises.sim.release();
  expect(await payment.reply).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  expect((await leaving.ended).code).toBe(0);
});

it('SIGTERM while a payment hangs: its client is answered 202, exit 0 in time, another instance goes on', async () => {
  const { leaving, reply, key, at, invoice, paymentHash } = await hangingPayment();
  const toldAt = performance.now();
  leaving.process.kill('SIGTERM');
  const answer = await reply;
  expect(answer).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
  expect((await leaving.ended).code).toBe(0);
  expect(performance.now() - toldAt).toBeLessThan(15_000);
  await premises.sim.release();
  const replay = () => premises.ask(staying.url, 'POST', `${at}/melt`, { invoice }, key);
  await until(async () => (await replay()).status === 200, 'the replay paid', 20_000);
  const again = await replay();
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.body['transactionId']).toBe(answer.body['transactionId']);
  expect(await timesPaid(paymentHash)).toBe(1);
});

it('a second SIGTERM ends it at once; another instance goes on, and the same key tells the present state', async () => {
  const { leaving, reply, key, at, invoice, paymentHash } = await hangingPayment();
  const cut = reply.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  );
  leaving.process.kill('SIGTERM');
  await until(async () => leaving.said().includes('draining'), 'draining');
  const toldAt = performance.now();
  leaving.process.kill('SIGTERM');
  expect((await leaving.ended).code).toBe(1);
  expect(performance.now() - toldAt).toBeLessThan(1_000);
  expect(await cut).toBe('ECONNRESET');
  const replay = () => premises.ask(staying.url, 'POST', `${at}/melt`, { invoice }, key);
  expect(await replay()).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } });
  await premises.sim.release();
  await until(async () => (await replay()).status === 200, 'the replay paid', 20_000);
  expect((await replay()).headers['idempotency-replayed']).toBe('true');
  expect(await timesPaid(paymentHash)).toBe(1);
});

/** A payment whose request the mint holds, made by a server that is about to go. */
async function hangingPayment() {
  const leaving = await premises.start();
  const at = await premises.wallet(leaving.url, 200);
  const { invoice, paymentHash } = await premises.sim.invoice({ amount: 100 });
  const key = randomUUID();
  await premises.sim.addFaults({ match: { method: 'POST', path: '/v1/melt/bolt11' }, fault: 'hold' });
  const reply: Promise<Answer> = premises.ask(leaving.url, 'POST', `${at}/melt`, { invoice }, key);
  reply.catch(() => undefined);
  await until(async () => (await premises.sim.faults()).held === 1, 'the melt held');
  return { leaving, reply, key, at, invoice, paymentHash };
}

const ready = ({ url }: RealServer): Promise<Answer> => premises.ask(url, 'GET', '/readyz');

async function timesPaid(paymentHash: string): Promise<number> {
  const { payments } = await premises.sim.ledger();
  return payments.find((payment) => payment.paymentHash === paymentHash)?.count ?? 0;
}

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  expectBalancedBooks,
  expectProblem,
  member,
  timesPaid,
  tokensOf,
  unhurried,
} from '../support/money.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

const newKey = () => ({ 'idempotency-key': randomUUID() });
const replayed = (reply: Reply) => reply.headers.get('idempotency-replayed');

describe('a request under an idempotency key', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried, simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectBalancedBooks(world);
  });

  it('sent again once it is paid, is answered the same, says so, and pays nothing more', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, routingFeeSat: 1 });
    const key = newKey();
    const first = await wallet.melt(invoice, {}, key);
    expect(first.status).toBe(200);
    expect(replayed(first)).toBeNull();
    const quoted = { 'idempotency-key': `"${key['idempotency-key']}"` };
    for (const headers of [key, quoted]) {
      const again = await wallet.melt(invoice, {}, headers);
      expect(again).toMatchObject({ status: 200, body: first.body });
      expect(replayed(again)).toBe('true');
    }
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 399 });
  });

  it('sent again while the first runs is told to wait; afterwards it gets the outcome', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    await world.sim.addFaults({ match: { path: '/v1/melt/bolt11' }, fault: 'hold' });
    const key = newKey();
    const first = wallet.melt(invoice, {}, key);
    await reserved(wallet);
    await expectProblem(world, await wallet.melt(invoice, {}, key), {
      status: 409,
      code: 'IDEMPOTENCY_CONFLICT',
      severity: 'LOW',
      retryable: true,
    });
    await until(async () => (await world.sim.requests()).at(-1)?.path === '/v1/melt/bolt11', 'the melt');
    await world.sim.release();
    const { status, body } = await first;
    expect(status).toBe(200);
    expect(await wallet.melt(invoice, {}, key)).toMatchObject({ status: 200, body });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('sent twenty times at once, pays exactly once, and everybody is told of the same transaction', async () => {
    const wallet = await world.wallet(500, 500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    const key = newKey();
    const replies = await Promise.all(Array.from({ length: 20 }, () => wallet.melt(invoice, {}, key)));
    // On a busy machine the one payment may outlast the client's wait.
    const isTaken = ({ status }: Reply) => status === 200 || status === 202;
    const taken = new Set(replies.filter(isTaken).map(({ body }) => body['transactionId']));
    expect(taken.size).toBe(1);
    for (const id of taken)
      await until(async () => (await wallet.status(id)).body['status'] === 'PAID', 'paid');
    const others = replies.filter((reply) => !isTaken(reply));
    const codes = new Set(others.map(({ status, body }) => `${status} ${String(body['code'])}`));
    expect([...codes].filter((code) => code !== '409 IDEMPOTENCY_CONFLICT')).toEqual([]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 900, reservedBalance: 0 });
  });

  it('refused before anything was reserved, may be used again, even for something else', async () => {
    const wallet = await world.wallet(50);
    const { invoice } = await world.sim.invoice({ amount: 100 });
    const key = newKey();
    expect((await wallet.melt('nonsense', {}, key)).body['code']).toBe('INVALID_INVOICE');
    expect((await wallet.melt(invoice, {}, key)).body['code']).toBe('INSUFFICIENT_BALANCE');
    expect((await wallet.melt(invoice, { maxFee: 0 }, key)).body['code']).toBe('FEE_TOO_HIGH');
    await wallet.fund(200);
    const paid = await wallet.melt(invoice, {}, key);
    expect(paid.status).toBe(200);
    expect(replayed(paid)).toBeNull();
  });

  it('answered 202, is answered 200 under the same key once the payment has come through', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const key = newKey();
    const first = await wallet.melt(invoice, {}, { ...key, prefer: 'respond-async' });
    expect(first.status).toBe(202);
    const waiting = await wallet.melt(invoice, {}, key);
    expect(waiting).toMatchObject({ status: 202, body: first.body });
    expect(replayed(waiting)).toBe('true');
    await until(() =>
      world.sim.settle(paymentHash, 'paid').then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await wallet.melt(invoice, {}, key)).status === 200, 'the replay');
    const done = await wallet.melt(invoice, {}, key);
    expect(done.body).toMatchObject({ paymentResult: 'PAID', transactionId: first.body['transactionId'] });
    await until(
      async () => member((await wallet.status(first.body['transactionId'])).body, 'state') === 'settled',
    );
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('of a payment that hangs, is answered at the limit and no sooner; from then on the same key tells how it stands', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const key = newKey();
    const from = performance.now();
    const first = await wallet.melt(invoice, {}, key);
    const waitedMs = performance.now() - from;
    const again = await wallet.melt(invoice, {}, key);
    expect(first).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    expect(waitedMs).toBeGreaterThanOrEqual(Number(world.env.CRUCIBLE_ANSWER_WITHIN_MS));
    expect(again).toMatchObject({ status: 202, body: first.body });
    expect(replayed(again)).toBe('true');
    await world.sim.settle(paymentHash, 'paid');
    const isSettled = async () =>
      (await wallet.status(first.body['transactionId'])).body['state'] === 'settled';
    await until(isSettled, 'the payment settled');
  });

  it('that failed, keeps being answered with that failure; a new key may try again', async () => {
    const wallet = await world.wallet(500);
    const { invoice } = await world.sim.invoice({ amount: 100, behaviour: 'fail' });
    const key = newKey();
    const failed = await wallet.melt(invoice, {}, key);
    const { transactionId } = failed.body;
    const expected = { status: 422, code: 'PAYMENT_FAILED', severity: 'MEDIUM' };
    await expectProblem(world, failed, expected);
    await expectProblem(world, await wallet.melt(invoice, {}, key), { ...expected, transactionId });
    const other = await wallet.melt(invoice, {}, newKey());
    expect(other.body['transactionId']).not.toBe(transactionId);
  });

  it('counts for one wallet and one route only', async () => {
    const [ada, ben] = [await world.wallet(500), await world.wallet(500)];
    const [first, second] = [
      await world.sim.invoice({ amount: 100 }),
      await world.sim.invoice({ amount: 90 }),
    ];
    const key = newKey();
    const paid = [
      await ada.melt(first.invoice, {}, key),
      await ben.melt(second.invoice, {}, key),
      await world.call('POST', `${ada.at}/mint`, { amount: 10 }, key),
    ];
    expect(paid.map(({ status }) => status)).toEqual([200, 200, 201]);
    expect(paid.map(replayed)).toEqual([null, null, null]);
  });

  it('for a mint quote, gives the same invoice again and opens one waiting token', async () => {
    const wallet = await world.wallet();
    const key = newKey();
    const ask = (amount: number) => world.call('POST', `${wallet.at}/mint`, { amount }, key);
    const first = await ask(77);
    const again = await ask(77);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(replayed(again)).toBe('true');
    await expectProblem(world, await ask(78), {
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
      severity: 'LOW',
    });
    const many = newKey();
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => world.call('POST', `${wallet.at}/mint`, { amount: 5 }, many)),
    );
    const quotes = asked.filter(({ status }) => status === 201).map(({ body }) => body['quote']);
    expect(new Set(quotes).size).toBe(1);
    expect(asked.every(({ status, body }) => status === 201 || body['code'] === 'IDEMPOTENCY_CONFLICT')).toBe(
      true,
    );
    expect(await tokensOf(world, wallet.npub)).toHaveLength(2);
  });

  async function reserved(wallet: TestWallet): Promise<void> {
    await until(async () => Number((await wallet.balance())['reservedBalance']) > 0, 'the reservation');
  }
});

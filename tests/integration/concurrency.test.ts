import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks, timesPaid, unhurried } from '../support/money.ts';
import { type Instance, startWorld, until, type World } from '../support/world.ts';

describe('two instances on one database', () => {
  let world: World;
  let second: Instance;
  const urls = () => [world.url, second.url];
  beforeAll(async () => {
    world = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '30000' },
      simulator: { feeReserveMinSat: 2, inputFeePpk: 100 },
    });
    second = await world.instance();
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  it('thirty melts of one wallet at once: each is paid or cleanly refused, and the books agree', async () => {
    const wallet = await world.wallet(300, 300, 300, 200, 100, 100);
    const invoices = await Promise.all(
      Array.from({ length: 30 }, (_, n) => world.sim.invoice({ amount: 40 + n, routingFeeSat: n % 3 })),
    );
    const replies = await Promise.all(
      invoices.map(({ invoice }, n) => wallet.melt(invoice, {}, {}, urls()[n % 2])),
    );
    const refusals = ['400 INSUFFICIENT_BALANCE', '409 CONCURRENT_OPERATION'];
    const outcomes = replies.map(
      ({ status, body }) => `${status} ${String(body['code'] ?? body['paymentResult'])}`,
    );
    expect(outcomes.filter((outcome) => outcome !== '200 PAID' && !refusals.includes(outcome))).toEqual([]);
    let left = 1300;
    for (const [n, { status, body }] of replies.entries()) {
      const { paymentHash = '' } = invoices[n] ?? {};
      expect(await timesPaid(world, paymentHash)).toBe(status === 200 ? 1 : 0);
      if (status === 200) left -= Number(body['paidAmount']) + Number(body['feesPaid']);
    }
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThan(3);
    expect(await wallet.balance()).toMatchObject({ totalBalance: left, reservedBalance: 0 });
  });

  it('the same invoice ten times through both: it is paid exactly once', async () => {
    const wallet = await world.wallet(200, 200, 200);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50 });
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => wallet.melt(invoice, {}, {}, urls()[n % 2])),
    );
    const paid = replies.filter(({ status }) => status === 200);
    expect(paid).toHaveLength(1);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    for (const { status, body } of replies.filter((reply) => !paid.includes(reply))) {
      expect({ status, code: body['code'], transactionId: body['transactionId'] }).toEqual({
        status: 409,
        code: 'DUPLICATE_PAYMENT',
        transactionId: paid[0]?.body['transactionId'],
      });
    }
  });

  it('one key through both at once: one payment, one transaction', async () => {
    const wallet = await world.wallet(200, 200);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50 });
    const key = { 'idempotency-key': 'both' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => wallet.melt(invoice, {}, key, urls()[n % 2])),
    );
    const paid = replies.filter(({ status }) => status === 200);
    expect(paid.length).toBeGreaterThan(0);
    expect(new Set(paid.map(({ body }) => body['transactionId'])).size).toBe(1);
    const others = replies.filter(({ status }) => status !== 200).map(({ body }) => body['code']);
    expect(others.filter((code) => code !== 'IDEMPOTENCY_CONFLICT')).toEqual([]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

describe('an instance that stops while a payment hangs', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '1000' } });
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  it('leaves it to the others, who finish it and tell the same', async () => {
    const wallet = await world.wallet(300);
    const leaving = await world.instance();
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 50, behaviour: 'pending' });
    const begun = await wallet.melt(invoice, {}, { prefer: 'respond-async' }, leaving.url);
    expect(begun.status).toBe(202);
    await until(async () => {
      const { payments } = await world.sim.ledger();
      return payments.some((payment) => payment.paymentHash === paymentHash);
    }, 'the payment');
    await leaving.stop();
    await world.sim.settle(paymentHash, 'paid');
    const path = `${wallet.at}/melt/${String(begun.body['transactionId'])}`;
    for (const { url } of [world, await world.instance()]) {
      await until(
        async () => (await world.call('GET', path, undefined, {}, url)).body['state'] === 'settled',
        'the melt settled',
      );
    }
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks, expectProblem, timesPaid, unhurried } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const later = { prefer: 'respond-async' };

describe('a melt beside others', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried, simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  it('the same invoice while it is being paid, and when it is paid: DUPLICATE_PAYMENT names the first', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const first = await wallet.melt(invoice, {}, later);
    const { transactionId } = first.body;
    expect({ status: first.status, ...first.body }).toEqual({
      status: 202,
      success: true,
      transactionId: expect.any(String),
      paymentResult: 'PENDING',
      quoteId: expect.any(String),
      statusUrl: `${wallet.at}/melt/${String(transactionId)}`,
    });
    const duplicate = { status: 409, code: 'DUPLICATE_PAYMENT', severity: 'MEDIUM', transactionId };
    await expectProblem(world, await wallet.melt(invoice), duplicate);
    await expectProblem(world, await wallet.melt(invoice.toUpperCase()), duplicate);
    await settle(paymentHash, 'paid');
    await ended(wallet, transactionId, 'PAID');
    await expectProblem(world, await wallet.melt(invoice), duplicate);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('enough money, but held by a payment that hangs: CONCURRENT_OPERATION, and later it goes through', async () => {
    const wallet = await world.wallet(512);
    const hanging = await world.sim.invoice({ amount: 400, behaviour: 'pending' });
    const first = await wallet.melt(hanging.invoice, {}, later);
    const { invoice } = await world.sim.invoice({ amount: 150 });
    await expectProblem(world, await wallet.melt(invoice), {
      status: 409,
      code: 'CONCURRENT_OPERATION',
      severity: 'LOW',
      retryable: true,
    });
    await settle(hanging.paymentHash, 'failed');
    await ended(wallet, first.body['transactionId'], 'FAILED');
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200 });
  });

  it('a route that fails: PAYMENT_FAILED, everything is back, and the invoice may be tried again', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'fail' });
    const seen = new Set<unknown>();
    for (const attempt of [1, 2]) {
      const failed = await wallet.melt(invoice);
      await expectProblem(world, failed, {
        status: 422,
        code: 'PAYMENT_FAILED',
        severity: 'MEDIUM',
        cause: 'NO_ROUTE',
        released: expect.any(Number),
        transactionId: expect.any(String),
        quoteId: expect.any(String),
      });
      expect(Number(failed.body['released'])).toBeGreaterThanOrEqual(214);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
      seen.add(failed.body['transactionId']);
      expect(seen.size).toBe(attempt);
      const { body } = await wallet.status(failed.body['transactionId']);
      expect(body).toMatchObject({ status: 'FAILED', state: 'released', cause: 'NO_ROUTE' });
    }
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });

  it('an invoice that somebody else has paid: PAYMENT_FAILED with INVOICE_ALREADY_PAID', async () => {
    const wallet = await world.wallet(256);
    const { invoice } = await world.sim.invoice({ amount: 20 });
    await world.sim.pay(invoice);
    await expectProblem(world, await wallet.melt(invoice), {
      status: 422,
      code: 'PAYMENT_FAILED',
      severity: 'MEDIUM',
      cause: 'INVOICE_ALREADY_PAID',
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 256, reservedBalance: 0 });
  });

  async function settle(paymentHash: string, result: 'paid' | 'failed'): Promise<void> {
    await until(
      async () =>
        await world.sim.settle(paymentHash, result).then(
          () => true,
          () => false,
        ),
      'the payment under way',
    );
  }

  async function ended(wallet: TestWallet, id: unknown, status: string): Promise<void> {
    await until(async () => {
      const { body } = await wallet.status(id);
      return body['status'] === status && body['changePending'] !== true;
    }, `the melt ${status}`);
  }
});

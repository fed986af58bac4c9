import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled, meddler } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { lost } from '../support/tellingMint.ts';
import { startWorld, type World } from '../support/world.ts';

describe('a keyset that retires in the middle of a payment', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: {
        CRUCIBLE_ANSWER_WITHIN_MS: '10000',
        CRUCIBLE_ORPHAN_AFTER_MS: '15000',
        CRUCIBLE_LEASE_MS: '2000',
      },
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(() => expectAllSettled(world));

  it.each([
    ['free to spend', 0],
    ['with an input fee', 100],
  ])('just before the swap: a new attempt on the new keyset, %s', async (_story, inputFeePpk) => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    mischief.next('/v1/swap', async (carry) => {
      await world.sim.rotate({ inputFeePpk });
      return carry();
    });
    const paid = await wallet.melt(invoice);
    expect(paid.body['message']).toBeUndefined();
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', paidAmount: 210 } });
    const { body } = await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(JSON.stringify(body['timeline'])).toContain('new swap attempt on the active keyset');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it.each([11_002, 11_000])('a swap refused with %i again and again is made anew', async (code) => {
    await world.sim.rotate({ inputFeePpk: 0 });
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.addFaults({
      match: { method: 'POST', path: '/v1/swap' },
      fault: { kind: 'error_code', code },
      times: 3,
    });
    const asked = await wallet.melt(invoice);
    const { body } = await comesTo(wallet, asked.body['transactionId'], 'settled', 'released');
    expect(JSON.stringify(body['timeline'])).toContain('new swap attempt on the active keyset');
    const paid = body['state'] === 'settled';
    expect(await timesPaid(world, paymentHash)).toBe(paid ? 1 : 0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: paid ? 302 : 512, reservedBalance: 0 });
    await world.sim.clearFaults();
  });

  it('between the swap and the melt: the blanks are made anew', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    mischief.next('/v1/swap', async (carry) => {
      const exchange = await carry();
      await world.sim.rotate();
      return exchange;
    });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: false } });
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('before an exact payment leaves: its blanks are made anew', async () => {
    await world.sim.rotate({ inputFeePpk: 0 });
    const wallet = await world.wallet(214, 300);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    mischief.next('/v1/checkstate', async (carry) => {
      const exchange = await carry();
      await world.sim.rotate();
      return exchange;
    });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: false } });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 303 });
  });

  it('and makes the payment dearer than the client allows: it is not sent', async () => {
    await world.sim.rotate({ inputFeePpk: 0 });
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    mischief.next('/v1/swap', async (carry) => {
      await world.sim.rotate({ inputFeePpk: 1000 });
      return carry();
    });
    const refused = await wallet.melt(invoice, { maxFee: 4 });
    expect(refused).toMatchObject({ status: 422, body: { code: 'PAYMENT_FAILED', released: 512 } });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('and makes the payment dearer while a first swap may be under way: the ecash comes home, and is not sent', async () => {
    await world.sim.rotate({ inputFeePpk: 0 });
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    mischief.next('/v1/swap', async () => {
      await world.sim.rotate({ inputFeePpk: 1000 });
      return lost();
    });
    const { body } = await wallet.melt(invoice, { maxFee: 4 });
    await comesTo(wallet, body['transactionId'], 'released');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('while the melt is on its way: refused, given back, and the next try pays', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    mischief.next('/v1/melt/bolt11', async (carry) => {
      await world.sim.rotate();
      return carry();
    });
    const refused = await wallet.melt(invoice);
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'PAYMENT_FAILED', cause: 'KEYSET_RETIRED' },
    });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect((await wallet.melt(invoice)).status).toBe(200);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('while ecash is being issued: asked for anew, credited once', async () => {
    mischief.next('/v1/mint/bolt11', async (carry) => {
      await world.sim.rotate();
      return carry();
    });
    const wallet = await world.wallet(300);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 300 });
  });
});

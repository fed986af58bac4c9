import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled, meddler } from '../support/mischief.ts';
import { timesPaid, tokensOf } from '../support/money.ts';
import { startWorld, until, type World } from '../support/world.ts';

const meltPath = '/v1/melt/bolt11';

describe('Lightning change', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 50 },
      env: {
        CRUCIBLE_ANSWER_WITHIN_MS: '10000',
        CRUCIBLE_ORPHAN_AFTER_MS: '15000',
        CRUCIBLE_LEASE_MS: '2000',
      },
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectAllSettled(world);
  });

  const changeOf = (npub: string, id: unknown) =>
    tokensOf(world, npub, { transaction_id: `${String(id)}_melt_change` });

  it('that is signed late: PAID at once with changePending, credited once when it comes', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 3 });
    await world.sim.addFaults({ fault: { kind: 'change_late', afterMs: 4_000 } });
    mischief.next(meltPath, async (carry) => {
      void carry();
      await until(async () => (await timesPaid(world, paymentHash)) === 1, 'the payment');
      return { kind: 'lost', reason: 'timeout' };
    });
    const paid = await wallet.melt(invoice);
    const id = paid.body['transactionId'];
    expect(paid).toMatchObject({
      status: 200,
      body: { paymentResult: 'PAID', paidAmount: 210, changePending: true },
    });
    expect(await changeOf(wallet.npub, id)).toEqual([]);
    const settled = await comesTo(wallet, id, 'settled');
    expect(settled.body).toMatchObject({ status: 'PAID', changePending: false, feesPaid: 3 });
    expect(await changeOf(wallet.npub, id)).toMatchObject([{ status: 'unspent', total_amount: 47 }]);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 299, reservedBalance: 0 });
  });

  it('that the reply left out is found on the quote or by its outputs', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 0 });
    mischief.next(meltPath, async (carry) => {
      const exchange = await carry();
      if (exchange.kind !== 'reply') return exchange;
      const { change: _, ...rest } = JSON.parse(exchange.body);
      return { ...exchange, body: JSON.stringify(rest) };
    });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
  });

  it('that comes in another order is matched by name, never by place', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 0 });
    mischief.next(meltPath, async (carry) => {
      const exchange = await carry();
      if (exchange.kind !== 'reply') return exchange;
      const body = JSON.parse(exchange.body);
      return { ...exchange, body: JSON.stringify({ ...body, change: body.change.toReversed() }) };
    });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
    const second = await world.sim.invoice({ amount: 252 });
    expect((await wallet.melt(second.invoice)).status).toBe(200); // all of it is good money
  });

  it('that comes in another order and without proofs is matched by name, too', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 0 });
    mischief.next(meltPath, async (carry) => {
      const exchange = await carry();
      if (exchange.kind !== 'reply') return exchange;
      const body = JSON.parse(exchange.body);
      for (const signature of body.change) delete signature.dleq;
      return { ...exchange, body: JSON.stringify({ ...body, change: body.change.toReversed() }) };
    });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
    const second = await world.sim.invoice({ amount: 252 });
    expect((await wallet.melt(second.invoice)).status).toBe(200); // all of it is good money
  });

  it('whose proof does not verify is not taken from the reply; what the mint vouches for is', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    mischief.next(meltPath, async (carry) => {
      const exchange = await carry();
      if (exchange.kind !== 'reply') return exchange;
      const spoilt = exchange.body.replaceAll(/"e":"[0-9a-f]{8}/g, '"e":"00000000');
      expect(spoilt).not.toBe(exchange.body);
      return { ...exchange, body: spoilt };
    });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 301 });
  });

  it('of which nothing is due leaves nothing pending', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 50 });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { feesPaid: 50, changePending: false } });
    await until(async () => (await wallet.status(paid.body['transactionId'])).body['state'] === 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 252 });
  });
});

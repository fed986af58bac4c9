import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Loss } from '../support/lossyCommits.ts';
import { type LossyWorld, startLossyWorld } from '../support/lossyWorld.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { expectEnd, expectTokens, timesPaid, tokensOf } from '../support/money.ts';
import { until, type World } from '../support/world.ts';

const cases: [story: string, when: Loss['when']][] = [
  ['never reached the database', 'before'],
  ['stands, though nobody heard of it', 'after'],
];

describe.each(cases)('a commit that %s', (_story, when) => {
  let world: World;
  let database: LossyWorld['database'];
  beforeAll(async () => {
    ({ world, database } = await startLossyWorld());
  });
  afterAll(() => world.end());
  afterEach(async () => {
    expect(database.lost()).toBeGreaterThan(0);
    await expectAllSettled(world);
  });

  it('of transaction A: nothing is left of the reservation, or it is carried through', async () => {
    const wallet = await world.wallet(214, 298);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 230 });
    const key = { 'idempotency-key': 'lost' };
    database.lose({ event: 'melt.reserved', when });
    const reply = await wallet.melt(invoice, {}, key);
    if (when === 'before') {
      expect(reply).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE', retryable: true } });
      expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
      expect(await timesPaid(world, paymentHash)).toBe(0);
      expect(await wallet.melt(invoice, {}, key)).toMatchObject({ status: 200 });
    } else {
      expect(reply).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
      expect((await wallet.melt(invoice, {}, key)).body).toEqual(reply.body);
    }
    await expectEnd(world, wallet, paymentHash, { paid: 1, left: 282 });
  });

  it('of transaction B: the payment is booked later, all of it and once', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    database.lose({ event: 'melt.settled', when });
    const reply = await wallet.melt(invoice);
    expect(reply).toMatchObject({ status: 500, body: { code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' } });
    await comesTo(wallet, reply.body['transactionId'], 'settled');
    await expectEnd(world, wallet, paymentHash, { paid: 1, left: 301 });
    await expectTokens(world, wallet, reply.body['transactionId'], { keep: 298, melt_change: 3 });
  });

  it('of transaction S: the change of a hanging payment is booked later, and once', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    database.lose({ event: 'melt.booked_early', when });
    const reply = await wallet.melt(invoice);
    expect(reply).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    // While its connections break, the database may be away for a moment.
    const free = async () => (await wallet.balance().catch(() => null))?.['reservedBalance'] === 214;
    await until(free, 'only what was split off being reserved', 30_000);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
    await world.sim.settle(paymentHash, 'paid');
    await comesTo(wallet, reply.body['transactionId'], 'settled');
    await expectEnd(world, wallet, paymentHash, { paid: 1, left: 302 });
    await expectTokens(world, wallet, reply.body['transactionId'], { keep: 298, melt_change: 4 });
  });

  it('of transaction R: what was swapped comes back later, and once', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210, behaviour: 'fail' });
    database.lose({ event: 'melt.released', when });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'released');
    await expectTokens(world, wallet, body['transactionId'], { release: 512 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('of transaction R: what was only reserved is free again', async () => {
    const wallet = await world.wallet(214);
    const { invoice } = await world.sim.invoice({ amount: 210, behaviour: 'fail' });
    database.lose({ event: 'melt.released', when });
    const { body } = await wallet.melt(invoice);
    await comesTo(wallet, body['transactionId'], 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 214, reservedBalance: 0 });
  });

  it('of a minting: what was issued is credited later, and once', async () => {
    const wallet = await world.wallet();
    database.lose({ event: 'mint.issued', when });
    await wallet.fund(123);
    expect(await tokensOf(world, wallet.npub)).toMatchObject([{ status: 'unspent', total_amount: 123 }]);
  });
});

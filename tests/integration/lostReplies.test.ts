import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled, meddler, tricks } from '../support/mischief.ts';
import { creatorsTime, faults, spoilt } from '../support/mishaps.ts';
import {
  askedOfMint,
  expectProblem,
  mintUnavailable,
  timesPaid,
  untilMintIsAskedAgain,
} from '../support/money.ts';
import { startWorld, type World } from '../support/world.ts';

const swapPath = '/v1/swap';
const meltPath = '/v1/melt/bolt11';

describe('when a reply of the mint is lost or spoilt', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { inputFeePpk: 100 },
      env: creatorsTime,
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    expect(mischief.left()).toBe(0);
    await expectAllSettled(world);
  });

  async function paysOnce(): Promise<void> {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    return pays(wallet, invoice, paymentHash);
  }

  async function pays(
    wallet: Awaited<ReturnType<World['wallet']>>,
    invoice: string,
    paymentHash: string,
  ): Promise<void> {
    const { status, body } = await wallet.melt(invoice);
    expect(body['message']).toBeUndefined();
    expect({ ...body, status }).toMatchObject({
      status: 200,
      paymentResult: 'PAID',
      paidAmount: 210,
      changePending: false,
      preimageVerified: true,
    });
    await comesTo(wallet, body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({
      totalBalance: 1000 - 210 - Number(body['feesPaid']),
      reservedBalance: 0,
    });
  }

  describe.each([
    ['swap', swapPath],
    ['melt', meltPath],
  ])('of the %s', (_name, path) => {
    it.each(faults)('%s: paid once, booked right', async (_story, fault) => {
      const wallet = await world.wallet(1000);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
      await world.sim.addFaults({ match: { method: 'POST', path }, fault, times: 1 });
      await pays(wallet, invoice, paymentHash);
    });

    it.each(spoilt)('%s: paid once, booked right', async (_story, trick) => {
      mischief.next(path, trick);
      await paysOnce();
    });
  });

  it('and both replies of one payment are lost, it is paid once all the same', async () => {
    await world.sim.addFaults(
      { match: { method: 'POST', path: '/v1/restore' }, fault: 'drop_before', times: 1 },
      { match: { method: 'POST', path: meltPath }, fault: 'drop_after', times: 1 },
      { match: { method: 'GET', path: '/v1/melt/quote/*' }, fault: 'drop_before', times: 1 },
    );
    mischief.next(swapPath, tricks.truncated);
    await paysOnce();
  });

  it('and the mint will not say more for a while, the client hears 202 and later PAID', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.addFaults(
      { match: { method: 'POST', path: meltPath }, fault: 'drop_after', times: 1 },
      { match: { method: 'POST', path: meltPath }, fault: 'drop_before', times: null },
      { match: { method: 'GET', path: '/v1/melt/quote/*' }, fault: 'drop_before', times: null },
    );
    const asked = await wallet.melt(invoice);
    expect(asked).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    await world.sim.clearFaults();
    const settled = await comesTo(wallet, asked.body['transactionId'], 'settled');
    expect(settled.body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.melt(invoice)).toMatchObject({ status: 409, body: { code: 'DUPLICATE_PAYMENT' } });
  });

  it('and the melt never arrives, it is sent a few times and given up; the funds come back', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.clearRequests();
    await world.sim.addFaults({
      match: { method: 'POST', path: meltPath },
      fault: 'drop_before',
      times: null,
    });
    const asked = await wallet.melt(invoice);
    expect([202, 422]).toContain(asked.status);
    await comesTo(wallet, asked.body['transactionId'], 'released');
    const sent = await askedOfMint(world, meltPath);
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThanOrEqual(4); // the first, and three repeats
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });
  });

  it('and a mint too busy to swap is not hammered; the funds come back', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.clearRequests();
    await world.sim.addFaults({
      match: { method: 'POST', path: swapPath },
      fault: { kind: 'status', status: 429, body: { detail: 'slow down' }, retryAfterSeconds: 1 },
      times: null,
    });
    const asked = await wallet.melt(invoice);
    expect(asked.status).toBe(202);
    expect(await askedOfMint(world, swapPath)).toBeLessThan(20);
    await world.sim.clearFaults();
    const ended = await comesTo(wallet, asked.body['transactionId'], 'released', 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(ended.body['state'] === 'settled' ? 1 : 0);
  });

  it.each([
    ['to the melt quote', 'POST', '/v1/melt/quote/bolt11'],
    ['to the state check', 'POST', '/v1/checkstate'],
  ] as const)(
    'to a question %s before anything is at stake, it refuses and holds nothing',
    async (_, method, path) => {
      const wallet = await world.wallet(1000);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
      for (const fault of [
        'drop_before',
        { kind: 'status', status: 500, body: {}, retryAfterSeconds: null },
      ] as const) {
        await world.sim.addFaults({ match: { method, path }, fault, times: null });
        const refused = await wallet.melt(invoice);
        await expectProblem(world, refused, mintUnavailable);
        expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
        await world.sim.clearFaults();
        await untilMintIsAskedAgain(world);
      }
      // Proofs are looked at twice where the first look, beside the quote, has said nothing.
      for (let asked = path === '/v1/checkstate' ? 2 : 1; asked > 0; asked -= 1)
        mischief.next(path, tricks.truncated);
      expect((await wallet.melt(invoice)).body['code']).toBe('MINT_ERROR');
      expect(await timesPaid(world, paymentHash)).toBe(0);
      await pays(wallet, invoice, paymentHash);
    },
  );
});

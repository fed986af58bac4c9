import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled, meddler, tricks } from '../support/mischief.ts';
import { timesPaid, tokensOf } from '../support/money.ts';
import { startWorld, until, type World } from '../support/world.ts';

const meltPath = '/v1/melt/bolt11';

describe('the fence', () => {
  const mischief = meddler();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '1000', CRUCIBLE_LEASE_MS: '2000' },
      overrides: { transport: mischief.transport },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await world.sim.release();
    await expectAllSettled(world);
  });

  /** A melt whose every POST is cut off on our side while the mint still holds the first of them. */
  async function delayedMelt() {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.addFaults(
      { match: { method: 'POST', path: meltPath }, fault: 'hold', times: 1 },
      { match: { method: 'POST', path: meltPath }, fault: 'drop_before', times: null },
    );
    mischief.next(meltPath, async (carry) => {
      void carry();
      return { kind: 'lost', reason: 'timeout' };
    });
    return { wallet, invoice, paymentHash };
  }

  async function meltAttempts(paymentHash: string): Promise<number> {
    const { meltQuotes } = await world.sim.ledger();
    return meltQuotes
      .filter((quote) => quote.paymentHash === paymentHash)
      .reduce((sum, { attempts }) => sum + attempts, 0);
  }

  async function lateMeltHasArrived(before: number): Promise<boolean> {
    const answered = (await world.sim.requests()).filter(
      ({ path, fault, status }) => path === meltPath && fault === 'hold' && status !== null,
    );
    return answered.length > before;
  }

  it('makes a melt that comes late fail: the funds were given back, and nothing is paid', async () => {
    const { wallet, invoice, paymentHash } = await delayedMelt();
    await world.sim.clearRequests();
    const asked = await wallet.melt(invoice);
    expect(asked.status).toBe(202);
    const id = asked.body['transactionId'];
    const ended = await comesTo(wallet, id, 'released');
    expect(ended.body).toMatchObject({ status: 'FAILED', released: 512 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    await world.sim.release(); // now the held request gets through
    await until(() => lateMeltHasArrived(0), 'the late melt at the mint');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await meltAttempts(paymentHash)).toBe(0);

    const other = await world.sim.invoice({ amount: 400 });
    await world.sim.clearFaults();
    const paid = await wallet.melt(other.invoice);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
  });

  it('is on its way when the melt executes first: it finds the inputs spent, and the melt is paid', async () => {
    const { wallet, invoice, paymentHash } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    // The fence leaves, and just before it arrives, the held melt is carried out.
    mischief.next('/v1/swap', async (carry) => {
      await world.sim.release();
      await until(async () => (await timesPaid(world, paymentHash)) === 1, 'the late melt paid');
      return carry();
    });
    const settled = await comesTo(wallet, asked.body['transactionId'], 'settled');
    expect(mischief.left()).toBe(0);
    expect(settled.body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    const states = settled.body['timeline'];
    expect(JSON.stringify(states)).toContain('the fence found the inputs spent');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
  });

  it.each(['truncated', 'htmlAfter'] as const)('whose reply is lost (%s) is restored', async (name) => {
    const { wallet, invoice, paymentHash } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    mischief.next('/v1/swap', tricks[name]);
    const id = asked.body['transactionId'];
    await comesTo(wallet, id, 'released');
    expect(mischief.left()).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_release` })).toHaveLength(1);
  });

  it('never arrives twice for one purpose: lost on its way, the same request is sent again', async () => {
    const { wallet, invoice } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    await world.sim.clearRequests();
    mischief.next('/v1/swap', async () => ({ kind: 'lost', reason: 'network' }));
    const id = asked.body['transactionId'];
    const ended = await comesTo(wallet, id, 'released');
    expect(JSON.stringify(ended.body['timeline'])).toContain('same fence request goes to the mint again');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
  });

  it('that the mint keeps refusing for no reason that we know is planned anew, with its fees read anew', async () => {
    const { wallet, invoice, paymentHash } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    const unbalanced = {
      kind: 'error_code',
      code: 11_002,
      detail: 'inputs and outputs do not add up',
    } as const;
    await world.sim.addFaults({ match: { method: 'POST', path: '/v1/swap' }, fault: unbalanced, times: 3 });
    const ended = await comesTo(wallet, asked.body['transactionId'], 'released');
    const events = JSON.stringify(ended.body['timeline']);
    expect(events.split('same fence request goes to the mint again')).toHaveLength(3);
    expect(events).toContain('new fence attempt on the active keyset');
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('goes to the new keyset when the mint has rotated, whatever the old one was', async () => {
    const { wallet, invoice } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    await world.sim.rotate();
    await comesTo(wallet, asked.body['transactionId'], 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
    const second = await world.sim.invoice({ amount: 300 });
    await world.sim.clearFaults();
    const paid = await wallet.melt(second.invoice);
    await comesTo(wallet, paid.body['transactionId'], 'settled');
  });

  it('is planned anew when the mint rotates just before it arrives', async () => {
    const { wallet, invoice } = await delayedMelt();
    const asked = await wallet.melt(invoice);
    mischief.next('/v1/swap', async (carry) => {
      await world.sim.rotate();
      return carry();
    });
    const ended = await comesTo(wallet, asked.body['transactionId'], 'released');
    expect(JSON.stringify(ended.body['timeline'])).toContain('new fence attempt on the active keyset');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512 });
  });

  it('stands where others have spent nothing and the mint has forgotten the quote', async () => {
    const { wallet, invoice, paymentHash } = await delayedMelt();
    await world.sim.addFaults({
      match: { method: 'GET', path: '/v1/melt/quote/*' },
      fault: {
        kind: 'status',
        status: 400,
        body: { code: 20000, detail: 'unknown' },
        retryAfterSeconds: null,
      },
      times: null,
    });
    const asked = await wallet.melt(invoice);
    await comesTo(wallet, asked.body['transactionId'], 'released');
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });
});

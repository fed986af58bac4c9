import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { member, timesPaid, tokensOf } from '../support/money.ts';
import { startWorld, until, type World } from '../support/world.ts';

describe('a payment that hangs', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: {
        CRUCIBLE_ANSWER_WITHIN_MS: '1000',
        CRUCIBLE_ORPHAN_AFTER_MS: '10000',
        CRUCIBLE_LEASE_MS: '2000',
      },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    const { meltQuotes } = await world.sim.ledger();
    for (const { paymentHash, state } of meltQuotes)
      if (state === 'PENDING') await world.sim.settle(paymentHash, 'failed');
    await expectAllSettled(world);
  });

  async function hanging(amount = 210) {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount, behaviour: 'pending' });
    return { wallet, invoice, paymentHash };
  }

  async function isInFlight(paymentHash: string): Promise<boolean> {
    const { meltQuotes } = await world.sim.ledger();
    return meltQuotes.some((quote) => quote.paymentHash === paymentHash && quote.state === 'PENDING');
  }

  /** The Lightning network decides, once the payment is on its way. */
  async function decide(paymentHash: string, result: 'paid' | 'failed'): Promise<void> {
    await until(() => isInFlight(paymentHash), 'the payment under way');
    await world.sim.settle(paymentHash, result);
  }

  it('is answered 202 with the way to ask, and PAID once it has gone through', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    expect({ ...asked.body, status: asked.status }).toEqual({
      success: true,
      status: 202,
      transactionId: expect.stringMatching(/^tx_melt_/),
      paymentResult: 'PENDING',
      quoteId: expect.any(String),
      statusUrl: `${wallet.at}/melt/${String(id)}`,
    });
    expect(asked.headers.get('location')).toBe(asked.body['statusUrl']);
    expect((await wallet.status(id)).body).toMatchObject({ status: 'PENDING', paymentResult: 'PENDING' });
    await decide(paymentHash, 'paid');
    expect((await comesTo(wallet, id, 'settled')).body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });

  it('with Prefer: respond-async it is answered before the mint is asked', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    expect(asked.status).toBe(202);
    expect(asked.headers.get('preference-applied')).toBe('respond-async');
    await decide(paymentHash, 'paid');
    await comesTo(wallet, asked.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('does not freeze the change: transaction S books it, and it pays the next invoice meanwhile', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    await comesTo(wallet, id, 'pending');
    await until(
      async () => (await wallet.balance())['reservedBalance'] === 214,
      'only what was split off being reserved',
    );
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 214 });
    expect(await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_keep` })).toMatchObject([
      { status: 'unspent', transaction_type: 'change', total_amount: 298, reserved_by: null },
    ]);

    const other = await world.sim.invoice({ amount: 200 });
    await comesTo(wallet, (await wallet.melt(other.invoice)).body['transactionId'], 'settled');
    await decide(paymentHash, 'paid');
    await comesTo(wallet, id, 'settled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 102, reservedBalance: 0 });
    expect(await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_keep` })).toHaveLength(1);
  });

  it('and fails in the end is fenced off, and the funds come back exactly once', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    await until(() => isInFlight(paymentHash), 'the payment under way');
    await comesTo(wallet, id, 'pending');
    await decide(paymentHash, 'failed');
    const ended = await comesTo(wallet, id, 'released');
    expect(ended.body).toMatchObject({ status: 'FAILED', paymentResult: 'FAILED' });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
    const credited = await tokensOf(world, wallet.npub, { transaction_id: `${String(id)}_release` });
    expect(credited).toHaveLength(1);

    const again = await world.sim.invoice({ amount: 400 });
    await comesTo(wallet, (await wallet.melt(again.invoice)).body['transactionId'], 'settled');
  });

  it('the same invoice may be tried again after it failed, never while it hangs', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    const asked = await wallet.melt(invoice);
    expect(await wallet.melt(invoice)).toMatchObject({
      status: 409,
      body: { code: 'DUPLICATE_PAYMENT', transactionId: asked.body['transactionId'] },
    });
    await decide(paymentHash, 'failed');
    await comesTo(wallet, asked.body['transactionId'], 'released');
    const second = await wallet.melt(invoice);
    expect(second.status).toBe(202);
    await decide(paymentHash, 'paid');
    await comesTo(wallet, second.body['transactionId'], 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('and looks UNPAID while it is still routing is not given up', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    await world.sim.addFaults({ fault: 'lie_unpaid', times: null });
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    await comesTo(wallet, id, 'pending');
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // five times the fence's delay
    expect((await wallet.status(id)).body['state']).toBe('pending');
    await decide(paymentHash, 'paid');
    await world.sim.clearFaults();
    await comesTo(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('and looks untouched in every way while it is still routing meets the fence, and is paid all the same', async () => {
    const { wallet, invoice, paymentHash } = await hanging();
    await world.sim.addFaults(
      { fault: 'lie_unpaid', times: null },
      { fault: { kind: 'override_state', Y: '*', state: 'UNSPENT' }, times: null },
    );
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    await comesTo(wallet, id, 'releasing');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await wallet.status(id)).body).toMatchObject({ status: 'PENDING', state: 'releasing' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 512 });
    await world.sim.clearFaults();
    await decide(paymentHash, 'paid');
    const settled = await comesTo(wallet, id, 'settled');
    expect(member(settled.body, 'status')).toBe('PAID');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });

  it('for longer than its client waits, held open by the mint, is answered 202 and booked when it ends', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, delayMs: 2_500 });
    const asked = await wallet.melt(invoice);
    expect(asked.status).toBe(202);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000 });
    const settled = await comesTo(wallet, asked.body['transactionId'], 'settled');
    expect(settled.body).toMatchObject({ status: 'PAID', preimageVerified: true });
    expect(JSON.stringify(settled.body['timeline'])).toContain('booked what is certain');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('without a swap reserves whole tokens, and gives exactly those back when it fails', async () => {
    const wallet = await world.wallet(214, 300);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    const asked = await wallet.melt(invoice);
    const id = asked.body['transactionId'];
    await comesTo(wallet, id, 'pending');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 514, reservedBalance: 214 });
    await decide(paymentHash, 'failed');
    await comesTo(wallet, id, 'released');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 514, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
  });
});

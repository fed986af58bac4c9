import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { startWorld, until, worth } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

type World = Awaited<ReturnType<typeof startWorld>>;

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function start(...options: Parameters<typeof startWorld>): Promise<World> {
  const world = await startWorld(...options);
  worlds.push(world);
  return world;
}

async function codeOf(attempt: Promise<unknown>): Promise<unknown> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
}

describe('the toy Lightning network', () => {
  it('hands out the real preimage of what it paid', async () => {
    const { wallet, sim, fund } = await start();
    const { invoice, paymentHash } = await sim.invoice({ amount: 50 });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    const { quote: paid } = await wallet.meltProofsBolt11(quote, await fund(60));
    const preimage = Buffer.from(paid.payment_preimage ?? '', 'hex');
    expect(createHash('sha256').update(preimage).digest('hex')).toBe(paymentHash);
  });

  it('refuses to pay: the melt says 20004, the inputs are free again, nobody was paid', async () => {
    const { wallet, sim, fund } = await start();
    const proofs = await fund(60);
    const { invoice } = await sim.invoice({ amount: 50, behaviour: 'fail' });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    expect(await codeOf(wallet.meltProofsBolt11(quote, proofs))).toBe(20004);
    expect((await wallet.checkMeltQuoteBolt11(quote.quote)).state).toBe('UNPAID');
    const states = await wallet.checkProofsStates(proofs);
    expect(states.every(({ state }) => state === 'UNSPENT')).toBe(true);
    const ledger = await sim.ledger();
    expect(ledger.outstanding).toBe(60);
    expect(ledger.payments.find((payment) => payment.state === 'FAILED')?.count).toBe(0);
  });

  it('fails a payment whose route costs more than the fee reserve', async () => {
    const { wallet, sim, fund } = await start();
    const { invoice } = await sim.invoice({ amount: 50, routingFeeSat: 3 });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    expect(await codeOf(wallet.meltProofsBolt11(quote, await fund(60)))).toBe(20004);
  });

  it.each(['paid', 'failed'] as const)(
    'leaves a payment pending until it is settled as %s',
    async (result) => {
      const { wallet, sim, fund } = await start();
      const proofs = await fund(60);
      const { invoice, paymentHash } = await sim.invoice({ amount: 50, behaviour: 'pending' });
      const quote = await wallet.createMeltQuoteBolt11(invoice);
      const melted = await wallet.meltProofsBolt11(quote, proofs);
      expect(melted.quote.state).toBe('PENDING');
      expect((await wallet.checkProofsStates(proofs)).every(({ state }) => state === 'PENDING')).toBe(true);
      expect(await codeOf(wallet.meltProofsBolt11(quote, proofs))).toBe(20005);
      expect(await codeOf(wallet.send(1, proofs))).toBe(11002);

      await sim.settle(paymentHash, result);
      await until(async () => (await wallet.checkMeltQuoteBolt11(quote.quote)).state !== 'PENDING');
      const ledger = await sim.ledger();
      expect(ledger.balance.ok).toBe(true);
      expect(ledger.outstanding).toBe(result === 'paid' ? 10 : 60);
      expect(ledger.payments.find((payment) => payment.paymentHash === paymentHash)?.count).toBe(
        result === 'paid' ? 1 : 0,
      );
      const after = await wallet.checkMeltQuoteBolt11(quote.quote);
      if (result === 'paid') expect(worth(after.change ?? [])).toBe(10);
    },
  );

  it('takes its time, and answers at once only who asks for that', async () => {
    const { wallet, sim, fund, post } = await start();
    const proofs = await fund(60);
    const { invoice } = await sim.invoice({ amount: 50, delayMs: 80 });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    const inputs = proofs.map(({ amount, ...proof }) => ({ ...proof, amount: amount.toNumber() }));
    const begun = await post('/v1/melt/bolt11', { quote: quote.quote, inputs, prefer_async: true });
    expect(begun.body['state']).toBe('PENDING');
    await until(async () => (await wallet.checkMeltQuoteBolt11(quote.quote)).state === 'PAID');
  });

  it('pays a payment hash once, however many quotes ask for it', async () => {
    const { wallet, sim, fund } = await start();
    const { invoice } = await sim.invoice({ amount: 50 });
    const first = await wallet.createMeltQuoteBolt11(invoice);
    const second = await wallet.createMeltQuoteBolt11(invoice);
    await wallet.meltProofsBolt11(first, await fund(60));
    expect(await codeOf(wallet.meltProofsBolt11(second, await fund(60)))).toBe(20006);
    const ledger = await sim.ledger();
    expect(ledger.payments.every(({ count }) => count === 1)).toBe(true);
  });

  it('settles the mint’s own invoice inside, without a fee', async () => {
    const { wallet, sim, fund } = await start({ feeReserveMinSat: 5 });
    const target = await wallet.createMintQuoteBolt11(50);
    const quote = await wallet.createMeltQuoteBolt11(target.request);
    expect(quote.fee_reserve.toNumber()).toBe(0);
    await wallet.meltProofsBolt11(quote, await fund(50));
    expect(worth(await wallet.mintProofsBolt11(50, target.quote))).toBe(50);
    expect(await sim.ledger()).toMatchObject({ outstanding: 50, balance: { ok: true } });
  });

  it('rounds millisatoshis up, and pays amountless invoices only when told how much', async () => {
    const { wallet, sim } = await start();
    const odd = await sim.invoice({ amountMsat: 1001 });
    expect((await wallet.createMeltQuoteBolt11(odd.invoice)).amount.toNumber()).toBe(2);
    const open = await sim.invoice({ amountless: true });
    expect(await codeOf(wallet.createMeltQuoteBolt11(open.invoice))).toBe(11011);
    expect((await wallet.createMeltQuoteBolt11(open.invoice, 7000)).amount.toNumber()).toBe(7);
  });

  it('knows no invoices of another network', async () => {
    const { wallet, sim } = await start();
    const { invoice } = await sim.invoice({ amount: 5, network: 'signet' });
    expect(invoice).toMatch(/^lntbs/);
    expect(await codeOf(wallet.createMeltQuoteBolt11(invoice))).toBe(10000);
  });
});

describe('an outside payer', () => {
  it('pays an expired mint quote only when told to be late, and the quote is still minted', async () => {
    let nowMs = Date.now();
    const { wallet, sim } = await start({ mintQuoteExpirySeconds: 60, clock: () => nowMs });
    const quote = await wallet.createMintQuoteBolt11(8);
    nowMs += 61_000;
    expect(await codeOf(wallet.mintProofsBolt11(8, quote.quote))).toBe(20007);
    await expect(sim.pay(quote.request)).rejects.toThrow('expired');
    await sim.pay(quote.request, { late: true });
    expect(worth(await wallet.mintProofsBolt11(8, quote.quote))).toBe(8);
  });

  it('pays mint quotes by itself where that is asked for', async () => {
    const { wallet } = await start({ autoPayMintQuotesAfterMs: 20 });
    const quote = await wallet.createMintQuoteBolt11(8);
    await until(async () => (await wallet.checkMintQuoteBolt11(quote.quote)).state === 'PAID');
    expect(worth(await wallet.mintProofsBolt11(8, quote.quote))).toBe(8);
  });
});

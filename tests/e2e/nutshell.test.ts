import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;

let payee: Nutshell;
beforeAll(async () => {
  payee = await startNutshell('the mint that writes the invoices');
}, setUpLimitMs);
afterAll(() => payee.stop());

describe.each([0, 100, 1000])('against a real Nutshell mint with an input fee of %i ppk', (ppk) => {
  let mint: Nutshell;
  let world: World;
  let wallet: TestWallet;

  beforeAll(async () => {
    mint = await startNutshell('the mint of the wallet', { MINT_INPUT_FEE_PPK: String(ppk) });
    world = await startWorld({ env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '4000' } });
    wallet = await world.wallet();
  }, setUpLimitMs);
  afterAll(async () => {
    await world.end();
    await mint.stop();
  });
  afterEach(async () => {
    expect((await wallet.balance())['totalBalance']).toBe(mint.outstanding());
    expect((await wallet.balance())['reservedBalance']).toBe(0);
  });

  async function fund(amount: number): Promise<void> {
    const asked = await world.call('POST', `${wallet.at}/mint`, { amount });
    expect(asked.status).toBe(201);
    const complete = () => world.call('POST', `${wallet.at}/mint/complete`, { quoteId: asked.body['quote'] });
    await until(async () => (await complete()).status === 200, 'the funding');
  }

  async function statusOf(reply: Reply, wanted: string): Promise<Record<string, unknown>> {
    const look = () => wallet.status(reply.body['transactionId']);
    await until(async () => (await look()).body['status'] === wanted, `status ${wanted}`, 30_000);
    return (await look()).body;
  }

  it('a melt that needs a swap is paid, and its Lightning change comes back', async () => {
    await fund(1000);
    const paid = await wallet.melt(await payee.invoice(210));
    expect(paid).toMatchObject({
      status: 200,
      body: { paymentResult: 'PAID', paidAmount: 210, changePending: false },
    });
    // Its fake backend knows no preimage of a foreign invoice: PAID stays PAID, and we say that it proves nothing.
    expect(paid.body).toMatchObject({ preimage: '0'.repeat(64), preimageVerified: false });
    expect(paid.body['atomicResult']).toMatchObject({
      keep_token_id: expect.any(String),
      melt_change_token_id: expect.any(String),
    });
    expect((await wallet.balance())['totalBalance']).toBe(1000 - 210 - Number(paid.body['feesPaid']));
  });

  it('a melt that fits exactly needs no swap', async () => {
    const invoice = await payee.invoice(100);
    const quote = await world.call('POST', `${wallet.at}/melt/quote`, { invoice });
    const need = Number(quote.body['feeReserve']) + 100;
    await fund(need + feeOfExact(need, ppk));
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', paidAmount: 100 } });
    const { timeline } = (await wallet.status(paid.body['transactionId'])).body;
    expect(JSON.stringify(timeline)).not.toContain('swap');
  });

  it('more than there is, is refused with both numbers, and nothing moves', async () => {
    const refused = await wallet.melt(await payee.invoice(100_000));
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'INSUFFICIENT_BALANCE', required: expect.any(Number) },
    });
  });

  it('a payment that fails gives the funds back', async () => {
    await mint.restart({ FAKEWALLET_PAY_INVOICE_STATE: 'FAILED', FAKEWALLET_PAYMENT_STATE: 'FAILED' });
    const failed = await wallet.melt(await payee.invoice(64));
    if (failed.status === 202) await statusOf(failed, 'FAILED');
    else
      expect(failed).toMatchObject({
        status: 422,
        body: { code: 'PAYMENT_FAILED', released: expect.any(Number) },
      });
  });

  it('a payment that hangs and settles later is booked by itself', async () => {
    await mint.restart({ FAKEWALLET_PAY_INVOICE_STATE: 'PENDING', FAKEWALLET_PAYMENT_STATE: 'PENDING' });
    const hanging = await wallet.melt(await payee.invoice(32));
    expect(hanging).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    await mint.restart({ FAKEWALLET_PAY_INVOICE_STATE: 'SETTLED', FAKEWALLET_PAYMENT_STATE: 'SETTLED' });
    const paid = await statusOf(hanging, 'PAID');
    expect(paid).toMatchObject({ paidAmount: 32, preimage: null, preimageVerified: false });
  });
});

/** The input fee with which proofs of `need + fee`, one for each binary digit, cover `need` exactly. */
function feeOfExact(need: number, ppk: number): number {
  const proofsFor = (amount: number) => amount.toString(2).replaceAll('0', '').length;
  for (let fee = 0; fee < 64; fee += 1) {
    if (Math.ceil((proofsFor(need + fee) * ppk) / 1000) === fee) return fee;
  }
  throw new Error('no exact amount');
}

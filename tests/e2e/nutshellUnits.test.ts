import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { amountMsatOf } from '../../src/services/melt/invoice.ts';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { tokensOf } from '../support/tokens.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;
/** What its fake Lightning takes a cent for. */
const msatPerCent = 13_370;

describe('a real Nutshell mint of cents, which later has sat as well', () => {
  let payee: Nutshell;
  let mint: Nutshell;
  let world: World;
  let dollars: TestWallet;
  let sats: TestWallet | null = null;

  beforeAll(async () => {
    payee = await startNutshell('the mint that writes the invoices');
    mint = await startNutshell('the mint of the wallets', {
      MINT_BACKEND_BOLT11_SAT: '',
      MINT_BACKEND_BOLT11_USD: 'FakeWallet',
      MINT_DERIVATION_PATH: "m/0'/2'/0'",
      MINT_INPUT_FEE_PPK: '100',
    });
    world = await startWorld({ env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '10000' } });
    dollars = await world.wallet();
  }, setUpLimitMs);
  afterAll(async () => {
    await world.end();
    await mint.stop();
    await payee.stop();
  });
  afterEach(async () => {
    const held = [dollars, ...(sats === null ? [] : [sats])].map(async (wallet) => {
      const { totalBalance = Number.NaN, reservedBalance } = await wallet.balance();
      expect(reservedBalance).toBe(0);
      return totalBalance;
    });
    expect((await Promise.all(held)).reduce((sum, amount) => sum + amount, 0)).toBe(mint.outstanding());
  });

  async function fund({ at }: TestWallet, amount: number): Promise<string> {
    const asked = await world.call('POST', `${at}/mint`, { amount });
    expect(asked.status).toBe(201);
    const complete = () => world.call('POST', `${at}/mint/complete`, { quoteId: asked.body['quote'] });
    await until(async () => (await complete()).status === 200, 'the funding');
    return String(asked.body['invoice']);
  }

  it('funds a wallet in cents by an invoice in sat, and pays one for what it said', async () => {
    const funding = await fund(dollars, 1000);
    expect(Number(amountMsatOf(funding)) / 1000 / msatPerCent).toBeCloseTo(1, 3);
    const info = await world.call('GET', `${dollars.at}/info`);
    expect(info.body).toMatchObject({ walletInfo: { unit: 'usd', balance: 1000 } });
    const invoice = await payee.invoice(1330);
    const quoted = await world.call('POST', `${dollars.at}/melt/quote`, { invoice });
    expect(quoted).toMatchObject({ status: 200, body: { amount: 100, feeReserve: 2 } });
    const { total } = quoted.body;
    for (const [limits, code] of [
      [{}, 'VALIDATION_ERROR'],
      [{ maxTotal: Number(total) - 1 }, 'FEE_TOO_HIGH'],
    ] as const)
      expect((await dollars.melt(invoice, limits)).body['code']).toBe(code);
    const paid = await dollars.melt(invoice, { maxTotal: total });
    expect(paid).toMatchObject({
      status: 200,
      body: { paymentResult: 'PAID', paidAmount: 100, changePending: false },
    });
    expect((await dollars.balance())['totalBalance']).toBe(900 - Number(paid.body['feesPaid']));
  });

  it('has a token in cents taken back', async () => {
    const sent = await tokensOf(world, dollars).send(64);
    expect(sent.status).toBe(200);
    const back = await tokensOf(world, dollars).receive(sent.body['encodedToken']);
    expect(back.status).toBe(200);
    const { transactionId } = sent.body;
    const isClaimed = async () =>
      (await tokensOf(world, dollars).sent(transactionId)).body['status'] === 'PAID';
    await until(isClaimed, 'the claim noticed', 30_000);
  });

  it('has wallets of both units beside one another', async () => {
    await mint.restart({
      MINT_BACKEND_BOLT11_SAT: 'FakeWallet',
      MINT_DERIVATION_PATH_LIST: `["m/0'/0'/0'"]`,
    });
    // Another instance, which knows nothing of what the mint was before.
    const { url, stop } = await world.instance();
    try {
      const npub = npubEncode(getPublicKey(generateSecretKey()));
      const created = await world.call('POST', '/api/wallet/create', { npub }, {}, url);
      expect(created.body).toMatchObject({ walletDetails: { unit: 'sat' } });
      sats = await world.walletOf(npub);
      await fund(sats, 500);
      const inSat = await sats.melt(await payee.invoice(210), {}, {}, url);
      expect(inSat).toMatchObject({ status: 200, body: { paidAmount: 210 } });
      const inCents = await dollars.melt(await payee.invoice(2665), { maxTotal: 210 });
      expect(inCents).toMatchObject({ status: 200, body: { paidAmount: 200 } });
    } finally {
      await stop();
    }
  });
});

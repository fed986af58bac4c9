import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { amountMsatOf } from '../../src/services/melt/invoice.ts';
import { type Nutshell, startNutshell } from '../support/nutshell.ts';
import { newNpub } from '../support/severalWallets.ts';
import { type Json, type Reply, startWorld, until, type World } from '../support/world.ts';

/** Installing the mint, once, takes a minute or so. */
const setUpLimitMs = 420_000;
/** What its fake Lightning takes a cent for. */
const msatPerCent = 13_370;

describe('an owner of wallets in sat and in cents at one real Nutshell mint', () => {
  const npub = newNpub();
  let payee: Nutshell;
  let mint: Nutshell;
  let world: World;
  let sats: InUnit;
  let dollars: InUnit;

  type InUnit = Awaited<ReturnType<typeof walletIn>>;

  async function walletIn(unit: string) {
    const made = await world.call('POST', '/api/wallet/create', { npub, unit });
    expect(made).toMatchObject({ status: 201, body: { walletDetails: { unit, mintUrl: mint.url } } });
    const { walletId } = Object(made.body['walletDetails']);
    const pathTo = (path: string) => `/api/wallet/${npub}/${path}?walletId=${walletId}`;
    const post = (path: string, body: Json): Promise<Reply> => world.call('POST', pathTo(path), body);
    return {
      post,
      get: (path: string): Promise<Reply> => world.call('GET', pathTo(path)),
      async fund(amount: number): Promise<string> {
        const asked = await post('mint', { amount });
        expect(asked.status).toBe(201);
        const complete = () => post('mint/complete', { quoteId: asked.body['quote'] });
        await until(async () => (await complete()).status === 200, 'the funding');
        return String(asked.body['invoice']);
      },
      details: async () => Object((await world.call('GET', pathTo('balance'))).body['details']),
    };
  }

  beforeAll(async () => {
    payee = await startNutshell('the mint that writes the invoices');
    mint = await startNutshell('the mint of the wallets', {
      MINT_BACKEND_BOLT11_USD: 'FakeWallet',
      MINT_DERIVATION_PATH_LIST: `["m/0'/2'/0'"]`,
      MINT_INPUT_FEE_PPK: '100',
    });
    world = await startWorld({ env: { MINT_URL: mint.url, CRUCIBLE_ANSWER_WITHIN_MS: '10000' } });
    sats = await walletIn('sat');
    dollars = await walletIn('usd');
  }, setUpLimitMs);
  afterAll(async () => {
    await world.end();
    await mint.stop();
    await payee.stop();
  });
  afterEach(async () => {
    const held = [await sats.details(), await dollars.details()];
    expect(held.map(({ reservedBalance }) => reservedBalance)).toEqual([0, 0]);
    expect(held.reduce((sum, { totalBalance }) => sum + totalBalance, 0)).toBe(mint.outstanding());
  });

  it('funds the one in cents by an invoice in sat, and pays one for what it said', async () => {
    const funding = await dollars.fund(1000);
    expect(Number(amountMsatOf(funding)) / 1000 / msatPerCent).toBeCloseTo(1, 3);
    expect((await dollars.get('info')).body).toMatchObject({ walletInfo: { unit: 'usd', balance: 1000 } });
    const invoice = await payee.invoice(1330);
    const quoted = await dollars.post('melt/quote', { invoice });
    expect(quoted).toMatchObject({ status: 200, body: { amount: 100, feeReserve: 2 } });
    const maxTotal = Number(quoted.body['total']);
    for (const [limits, code] of [
      [{}, 'VALIDATION_ERROR'],
      [{ maxTotal: maxTotal - 1 }, 'FEE_TOO_HIGH'],
    ] as const)
      expect((await dollars.post('melt', { invoice, ...limits })).body['code']).toBe(code);
    const paid = await dollars.post('melt', { invoice, maxTotal });
    expect(paid).toMatchObject({
      status: 200,
      body: { paymentResult: 'PAID', paidAmount: 100, changePending: false },
    });
    expect((await dollars.details()).totalBalance).toBe(900 - Number(paid.body['feesPaid']));
    expect((await sats.details()).totalBalance).toBe(0);
  });

  it('has a token in cents taken back into the wallet in cents, whichever is named', async () => {
    const sent = await dollars.post('send', { amount: 64 });
    expect(sent.status).toBe(200);
    const { encodedToken, transactionId } = sent.body;
    const wrong = await sats.post('receive', { encodedToken });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'TOKEN_INVALID' } });
    const back = await world.call('POST', `/api/wallet/${npub}/receive`, { encodedToken });
    expect(back.status).toBe(200);
    const isClaimed = async () =>
      (await dollars.get(`send/${String(transactionId)}`)).body['status'] === 'PAID';
    await until(isClaimed, 'the claim noticed', 30_000);
  });

  it('pays from each what is asked of it', async () => {
    await sats.fund(500);
    const inSat = await sats.post('melt', { invoice: await payee.invoice(210) });
    expect(inSat).toMatchObject({ status: 200, body: { paidAmount: 210 } });
    const inCents = await dollars.post('melt', { invoice: await payee.invoice(2665), maxTotal: 210 });
    expect(inCents).toMatchObject({ status: 200, body: { paidAmount: 200 } });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { amountMsatOf } from '../../src/services/melt/invoice.ts';
import { expectBudgetsKept } from '../support/budgets.ts';
import { askedOfMint, expectBalancedBooks, expectProblem, member, unhurried } from '../support/money.ts';
import { expectLedgerAgrees, tokensOf } from '../support/tokens.ts';
import { type Json, startWorld, type TestWallet, until, type World } from '../support/world.ts';

const quotePath = '/v1/melt/quote/bolt11';
const meltPath = '/v1/melt/bolt11';

/** A cent is ten sat here, so that 2,050 sat are 205 cents. */
const sat = 2_050;
const cents = 205;
/** 1 % of that, rounded up. */
const reserve = 3;

let world: World;
beforeAll(async () => {
  world = await startWorld({
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000' },
    simulator: { unit: 'usd', msatPerUnit: 10_000n, inputFeePpk: 100 },
  });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.sim.clearFaults();
  await expectLedgerAgrees(world);
  await expectBudgetsKept(world);
});

const invoiceOf = async (more: object = {}) => (await world.sim.invoice({ amount: sat, ...more })).invoice;
const quote = (wallet: TestWallet, invoice: string, more: object = {}) =>
  world.call('POST', `${wallet.at}/melt/quote`, { invoice, ...more });

async function totalOf(wallet: TestWallet, invoice: string): Promise<number> {
  return Number((await quote(wallet, invoice)).body['total']);
}

async function keyWithBudget(budgetSatPerDay: bigint, of: World) {
  const { key, token } = await of.context.services.apiKeys.issue({
    label: 'spender',
    scopes: ['wallet:melt'],
    npub: null,
    expiresAt: null,
    budgetSatPerDay,
  });
  const spent = async () =>
    (await of.context.services.apiKeys.list()).find(({ id }) => id === key.id)?.spentTodaySat;
  return { headers: { authorization: `Bearer ${token}` }, spent };
}

describe('a wallet at a mint of cents', () => {
  it('counts in them, and is funded by an invoice over what the mint wants for them', async () => {
    const wallet = await world.wallet();
    const asked = await world.call('POST', `${wallet.at}/mint`, { amount: 500 });
    expect(asked).toMatchObject({ status: 201, body: { amount: 500 } });
    const invoice = String(asked.body['invoice']);
    expect(amountMsatOf(invoice)).toBe(5_000_000n);
    await world.sim.pay(invoice);
    const complete = () => world.call('POST', `${wallet.at}/mint/complete`, { quoteId: asked.body['quote'] });
    await until(async () => (await complete()).status === 200, 'the funding');
    const info = await world.call('GET', `${wallet.at}/info`);
    expect(info.body).toMatchObject({ walletInfo: { unit: 'usd', balance: 500 } });
  });

  it('pays an invoice in sat for what its quote said, and gets the change', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: sat, routingFeeMsat: 12_000 });
    const quoted = await quote(wallet, invoice);
    expect(quoted).toMatchObject({ status: 200, body: { amount: cents, feeReserve: reserve } });
    const maxTotal = Number(quoted.body['total']);
    const paid = await wallet.melt(invoice, { maxTotal });
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: cents, changePending: false } });
    // Two cents of the reserve for 1.2 cents of Lightning fee, and two requests with an input fee of one each.
    expect(paid.body['feesPaid']).toBe(4);
    const { payments } = await world.sim.ledger();
    expect(payments.find((payment) => payment.paymentHash === paymentHash)).toMatchObject({
      amountMsat: sat * 1000,
      count: 1,
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000 - cents - 4, reservedBalance: 0 });
  });

  it('pays nothing without maxTotal, and asks its mint nothing', async () => {
    const wallet = await world.wallet(1000);
    const invoice = await invoiceOf();
    await world.sim.clearRequests();
    const refused = await wallet.melt(invoice, { maxFee: 10 });
    await expectProblem(world, refused, { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' });
    expect(member(refused.body, 'details')).toEqual([
      {
        field: 'maxTotal',
        message:
          'is required where the wallet is in usd, since the mint sets the price; ask melt/quote first, and send the total that it tells',
      },
    ]);
    expect(await world.sim.requests()).toEqual([]);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
  });

  it('pays nothing where amount and fees could come to more, be it by one, and everything at just that', async () => {
    const wallet = await world.wallet(1000);
    const invoice = await invoiceOf();
    const total = await totalOf(wallet, invoice);
    const refused = await wallet.melt(invoice, { maxTotal: total - 1 });
    await expectProblem(world, refused, {
      status: 400,
      code: 'FEE_TOO_HIGH',
      severity: 'LOW',
      fee: total - cents,
      limit: total - cents - 1,
      total,
      maxTotal: total - 1,
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
    const key = { 'idempotency-key': 'one' };
    expect((await wallet.melt(invoice, { maxTotal: total }, key)).status).toBe(200);
    const again = await wallet.melt(invoice, { maxTotal: total }, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it.each<[string, (total: number) => Json, (total: number) => Json]>([
    ['ten times its price', () => ({ amount: 2_050 }), (maxTotal) => ({ fee: reserve, limit: 0, maxTotal })],
    ['ten times its reserve', () => ({ fee_reserve: 30 }), (maxTotal) => ({ maxTotal })],
    ['all that there is', () => ({ amount: 990, fee_reserve: 0 }), () => ({ fee: 0, limit: 0, total: 990 })],
  ])('gives nothing to a mint that asks for %s once it is to be paid', async (_what, set, members) => {
    const wallet = await world.wallet(1000);
    const invoice = await invoiceOf();
    const total = await totalOf(wallet, invoice);
    await world.sim.clearRequests();
    await world.sim.addFaults({
      match: { path: quotePath },
      fault: { kind: 'alter_quote', set: set(total) },
    });
    const refused = await wallet.melt(invoice, { maxTotal: total });
    expect(refused).toMatchObject({ status: 400, body: { code: 'FEE_TOO_HIGH', ...members(total) } });
    expect((await askedOfMint(world, meltPath)) + (await askedOfMint(world, '/v1/swap'))).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
  });

  it('has a limit of fees by the server as well, which maxTotal does not raise', async () => {
    const wallet = await world.wallet(1000);
    const invoice = await invoiceOf();
    const dear = { kind: 'alter_quote' as const, set: { fee_reserve: 23 } };
    await world.sim.addFaults({ match: { path: quotePath }, fault: dear });
    const refused = await wallet.melt(invoice, { maxTotal: 1000 });
    expect(refused.body).toMatchObject({ code: 'FEE_TOO_HIGH', fee: 23, limit: 22 });
    expect(refused.body['detail']).toMatch(/this server’s limit is 22 usd/);
  });

  it('has its money back where the payment fails, but for the swap', async () => {
    const wallet = await world.wallet(1000);
    const failed = await wallet.melt(await invoiceOf({ behaviour: 'fail' }), { maxTotal: 300 });
    expect(failed).toMatchObject({ status: 422, body: { code: 'PAYMENT_FAILED' } });
    expect(failed.body['detail']).toMatch(/\d+ usd are back in the wallet/);
    const { totalBalance = 0, reservedBalance } = await wallet.balance();
    expect(reservedBalance).toBe(0);
    expect(totalBalance).toBeGreaterThanOrEqual(997);
  });

  it('pays once where its mint’s answer is lost', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: sat });
    await world.sim.addFaults({ match: { path: meltPath }, fault: 'drop_after', times: 1 });
    const { body } = await wallet.melt(invoice, { maxTotal: 220 });
    const state = async () => (await wallet.status(body['transactionId'])).body['state'];
    await until(async () => (await state()) === 'settled', 'its end');
    const { payments } = await world.sim.ledger();
    expect(payments.find((payment) => payment.paymentHash === paymentHash)?.count).toBe(1);
    expect((await wallet.balance())['totalBalance']).toBeGreaterThanOrEqual(1000 - 220);
  });

  it('names no amounts for invoices, since nobody but its mint knows what they would be', async () => {
    const wallet = await world.wallet(1000);
    const { invoice: amountless } = await world.sim.invoice({ amountless: true });
    const named = await invoiceOf();
    for (const [invoice, amount] of [
      [amountless, 100],
      [amountless, 'max'],
      [named, cents],
      [named, 'max'],
    ])
      for (const refused of [
        await quote(wallet, String(invoice), { amount }),
        await wallet.melt(String(invoice), { amount, maxTotal: 300 }),
      ])
        expect(refused).toMatchObject({
          status: 400,
          body: { code: 'VALIDATION_ERROR', details: [{ field: 'amount' }] },
        });
    for (const refused of [
      await quote(wallet, amountless),
      await wallet.melt(amountless, { maxTotal: 300 }),
    ]) {
      await expectProblem(world, refused, { status: 400, code: 'AMOUNT_REQUIRED', severity: 'LOW' });
      expect(refused.body['detail']).toMatch(/a wallet in usd pays only invoices that do\. Nothing was paid/);
    }
  });

  it('hands out tokens, takes them in, and has them back', async () => {
    const [giver, taker] = [await world.wallet(1000), await world.wallet()];
    const sent = await tokensOf(world, giver).send(210);
    expect(sent).toMatchObject({ status: 200, body: { amount: 210 } });
    const taken = await tokensOf(world, taker).receive(sent.body['encodedToken']);
    expect(taken.status).toBe(200);
    expect(Number(taken.body['totalAmount']) + Number(taken.body['fee'])).toBe(210);
    const kept = await tokensOf(world, giver).send(64);
    const back = await tokensOf(world, giver).reclaim(kept.body['transactionId']);
    expect(Number(back.body['reclaimedAmount']) + Number(back.body['fee'])).toBe(64);
  });

  it('is not paid from with a key that has a budget, which is in sat', async () => {
    const wallet = await world.wallet(1000);
    const { headers, spent } = await keyWithBudget(1_000_000n, world);
    for (const refused of [
      await wallet.melt(await invoiceOf(), { maxTotal: 300 }, headers),
      await tokensOf(world, wallet).send(64, {}, headers),
    ])
      expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await spent()).toBe(0n);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
  });
});

describe('a wallet at a mint of msat', () => {
  let msat: World;
  beforeAll(async () => {
    msat = await startWorld({
      env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '15000' },
      simulator: { unit: 'msat', feeReserveMinSat: 4_000 },
    });
  });
  afterAll(() => msat.end());
  afterEach(async () => {
    await msat.sim.clearFaults();
    await expectBudgetsKept(msat);
    await expectBalancedBooks(msat);
  });

  it('pays to the msat, and needs no maxTotal, since everybody knows what one is worth', async () => {
    const wallet = await msat.wallet(1_000_000);
    const { invoice } = await msat.sim.invoice({ amountMsat: 210_501, routingFeeMsat: 7 });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 210_501, feesPaid: 7 } });
    const { invoice: amountless } = await msat.sim.invoice({ amountless: true });
    expect((await wallet.melt(amountless, { amount: 12_345 })).body).toMatchObject({ paidAmount: 12_345 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1_000_000 - 210_501 - 7 - 12_345 });
  });

  it('may be told maxTotal all the same, and "max" keeps to it', async () => {
    const wallet = await msat.wallet(100_000);
    const { invoice } = await msat.sim.invoice({ amountless: true });
    const refused = await wallet.melt(invoice, { amount: 'max', maxTotal: 99_999 });
    expect(refused.body).toMatchObject({ code: 'FEE_TOO_HIGH', total: 100_000, maxTotal: 99_999 });
    const paid = await wallet.melt(invoice, { amount: 'max', maxTotal: 100_000 });
    expect(paid.body).toMatchObject({ paidAmount: 96_000 });
  });

  it.each([210_500, 210_502])('does not pay a quote of %d for an invoice of 210,501', async (amount) => {
    const wallet = await msat.wallet(1_000_000);
    const { invoice } = await msat.sim.invoice({ amountMsat: 210_501 });
    await msat.sim.addFaults({
      match: { path: quotePath },
      fault: { kind: 'alter_quote', set: { amount } },
    });
    expect((await wallet.melt(invoice)).body['code']).toBe('MINT_ERROR');
  });

  it('may cost a thousand times as many of them as it may cost sat', async () => {
    const wallet = await msat.wallet(1_000_000);
    const { invoice } = await msat.sim.invoice({ amount: 200 });
    const reserveOf = (fee_reserve: number) =>
      msat.sim.addFaults({
        match: { path: quotePath },
        fault: { kind: 'alter_quote', set: { fee_reserve } },
        times: 1,
      });
    await reserveOf(120_001);
    expect((await wallet.melt(invoice)).body).toMatchObject({
      code: 'FEE_TOO_HIGH',
      fee: 120_001,
      limit: 120_000,
    });
    await reserveOf(120_000);
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paidAmount: 200_000 } });
  });

  it('counts against a key’s budget in sat, each payment and token rounded up', async () => {
    const wallet = await msat.wallet(1_000_000);
    const { headers, spent } = await keyWithBudget(300n, msat);
    const pay = async (amountMsat: number) =>
      wallet.melt((await msat.sim.invoice({ amountMsat })).invoice, {}, headers);
    // With 4 sat of reserve, which are given back.
    expect((await pay(210_001)).status).toBe(200);
    expect(await spent()).toBe(211n);
    expect((await pay(86_000)).body).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      budget: 300,
      spentToday: 211,
      required: 90,
    });
    const sent = await tokensOf(msat, wallet).send(88_001, {}, headers);
    expect(sent.status).toBe(200);
    expect(await spent()).toBe(300n);
    const back = await tokensOf(msat, wallet).reclaim(sent.body['transactionId']);
    expect(back.body).toMatchObject({ reclaimedAmount: 88_001 });
    expect(await spent()).toBe(211n);
  });
});

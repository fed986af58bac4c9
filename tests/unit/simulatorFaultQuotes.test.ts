import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { decode } from 'light-bolt11-decoder';
import { aboutToMelt, type SimulatorWorld, startWorld } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

const minuteMs = 60_000;
const quotePath = '/v1/melt/quote/bolt11';

let here: SimulatorWorld;
beforeEach(async () => {
  here = await startWorld();
});
afterEach(() => here.close());

describe('a melt quote with other terms than the mint goes by', () => {
  it('when it is made: amount and fee reserve, and again the truth afterwards', async () => {
    const { invoice } = await here.sim.invoice({ amount: 50 });
    await here.sim.addFaults({ fault: { kind: 'alter_quote', add: { amount: 7, fee_reserve: -1 } } });
    const told = await here.post(quotePath, { request: invoice, unit: 'sat' });
    expect(told.body).toMatchObject({ amount: 57, fee_reserve: 1, unit: 'sat', state: 'UNPAID' });
    const { body } = await here.get(`${quotePath}/${told.body['quote']}`);
    expect(body).toMatchObject({ amount: 50, fee_reserve: 2 });
    expect((await here.sim.ledger()).meltQuotes).toMatchObject([{ amount: 50, feeReserve: 2 }]);
  });

  it('when it is asked for: another unit, invoice, id, state or expiry', async () => {
    const { quote } = await aboutToMelt(here);
    const ask = async () => (await here.get(`${quotePath}/${quote}`)).body;
    const truth = await ask();
    const lies = [
      { unit: 'usd' },
      { request: 'lnbc1' },
      { quote: 'other' },
      { state: 'PAID' },
      { expiry: 1 },
    ];
    for (const set of lies) {
      await here.sim.addFaults({ fault: { kind: 'alter_quote', set } });
      expect(await ask()).toEqual({ ...truth, ...set });
    }
    await here.sim.addFaults({ fault: { kind: 'alter_quote', add: { expiry: -3_600 } } });
    expect(await ask()).toEqual({ ...truth, expiry: Number(truth['expiry']) - 3_600 });
    expect(await ask()).toEqual(truth);
  });

  it('in the reply to the melt', async () => {
    const { body, quote } = await aboutToMelt(here);
    const match = { path: '/v1/melt/bolt11' };
    await here.sim.addFaults({ match, fault: { kind: 'alter_quote', set: { quote: 'other', amount: 1 } } });
    const told = await here.post(match.path, body);
    expect(told.body).toMatchObject({ quote: 'other', amount: 1, state: 'PAID' });
    expect((await here.sim.ledger()).meltQuotes).toMatchObject([{ quote, amount: 54, state: 'PAID' }]);
  });

  it('or a mint quote, but never a refusal', async () => {
    const match = { path: '/v1/mint/quote/*' };
    await here.sim.addFaults({ match, fault: { kind: 'alter_quote', set: { amount: 9 } }, times: 2 });
    const quote = await here.post('/v1/mint/quote/bolt11', { amount: 8, unit: 'sat' });
    expect(quote.body['amount']).toBe(9);
    const refused = await here.get('/v1/mint/quote/bolt11/nobody');
    expect(refused).toMatchObject({ status: 400, body: { code: 20000 } });
    expect(refused.body).not.toHaveProperty('amount');
  });
});

describe.each([-30, 30])('a mint whose clock is %s minutes off', (minutes) => {
  beforeEach(() => here.sim.setClock(minutes * minuteMs));

  /** How far from the true time, to the minute. */
  const offBy = (atMs: number) => Math.round((atMs - Date.now()) / minuteMs) + 0; // no -0

  it('says so in the Date of its replies and in its info', async () => {
    const answer = await fetch(`${here.url}/v1/info`);
    expect(offBy(Date.parse(answer.headers.get('Date') ?? ''))).toBe(minutes);
    expect(offBy(Number((await here.get('/v1/info')).body['time']) * 1000)).toBe(minutes);
  });

  it('dates its invoices and quotes by it', async () => {
    const { request, expiry } = await here.wallet.createMintQuoteBolt11(8);
    const written = decode(request).sections.find((section) => section.name === 'timestamp');
    expect(offBy(Number(written && 'value' in written ? written.value : 0) * 1000)).toBe(minutes);
    expect(offBy(Number(expiry) * 1000)).toBe(minutes + 60);
    const { invoice } = await here.sim.invoice({ amount: 8 });
    const melt = await here.wallet.createMeltQuoteBolt11(invoice);
    expect(offBy(melt.expiry * 1000)).toBe(minutes + 10);
  });

  it('goes right again on request', async () => {
    await here.sim.setClock(0);
    const answer = await fetch(`${here.url}/v1/info`);
    expect(offBy(Date.parse(answer.headers.get('Date') ?? ''))).toBe(0);
  });
});

describe('the outside world beside a mint whose clock is off', () => {
  it('goes by the true time: a mint that is fast calls its invoices expired, its payers do not', async () => {
    await here.sim.setClock(30 * minuteMs);
    const { invoice } = await here.sim.invoice({ amount: 8, expirySeconds: 600 });
    const refused = await here.post(quotePath, { request: invoice, unit: 'sat' });
    expect(refused.body['code']).toBe(20007);
    await here.sim.setClock(-30 * minuteMs);
    const { request } = await here.wallet.createMintQuoteBolt11(8);
    await here.sim.setClock(40 * minuteMs); // expired for the mint, good for half an hour for its payer
    await here.sim.pay(request);
    expect((await here.sim.ledger()).mintQuotes).toMatchObject([{ state: 'PAID' }]);
  });

  it('takes no offset that is no number of milliseconds, or of more than ten years', async () => {
    for (const offsetMs of ['1', 0.5, null, 4e11, -4e11]) {
      expect((await here.post('/sim/clock', { offsetMs })).status).toBe(400);
    }
    expect((await here.get('/sim/clock')).body['offsetMs']).toBe(0);
  });
});

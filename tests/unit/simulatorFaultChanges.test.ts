import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AskedFault } from '../../simulator/client.ts';
import {
  aboutToMelt,
  output,
  plain,
  type SimulatorWorld,
  startWorld,
  until,
} from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let here: SimulatorWorld;
beforeEach(async () => {
  here = await startWorld();
});
afterEach(() => here.close());

type Asked = { method: 'GET' | 'POST'; path: string; body?: unknown };

const info = async (): Promise<Asked> => ({ method: 'GET', path: '/v1/info' });

/** A melt quote that nobody has paid. */
async function quote(): Promise<Asked> {
  const { invoice } = await here.sim.invoice({ amount: 50 });
  const { body } = await here.post('/v1/melt/quote/bolt11', { request: invoice, unit: 'sat' });
  return { method: 'GET', path: `/v1/melt/quote/bolt11/${body['quote']}` };
}

async function unknownQuote(): Promise<Asked> {
  return { method: 'GET', path: '/v1/melt/quote/bolt11/nobody' };
}

/** The states of proofs that nobody has spent. */
async function states(): Promise<Asked> {
  const Ys = [output(here.wallet.getKeyset().id, 1).B_];
  return { method: 'POST', path: '/v1/checkstate', body: { Ys } };
}

async function melt(): Promise<Asked> {
  return { method: 'POST', path: '/v1/melt/bolt11', body: (await aboutToMelt(here)).body };
}

/** A melt that leaves nothing to return. */
async function meltToTheSat(): Promise<Asked> {
  const proofs = await here.fund(64);
  const { invoice } = await here.sim.invoice({ amount: 62, routingFeeSat: 2 });
  const asked = await here.wallet.createMeltQuoteBolt11(invoice);
  const body = { quote: asked.quote, inputs: plain(proofs), outputs: [output(proofs[0]?.id ?? '', 1)] };
  return { method: 'POST', path: '/v1/melt/bolt11', body };
}

/** A swap into so many proofs. */
const swap = (parts: number) => async (): Promise<Asked> => {
  const inputs = await here.fund(64);
  const outputs = Array.from({ length: parts }, () => output(inputs[0]?.id ?? '', 64 / parts));
  return { method: 'POST', path: '/v1/swap', body: { inputs: plain(inputs), outputs } };
};

/** Word for word what is answered about an unknown quote. */
const sameRefusal: AskedFault = {
  kind: 'error_code',
  code: 20000,
  detail: 'melt quote is not known',
  processed: true,
};

/** Sends a request into a fault. @returns what the rule counts then */
async function metWith(prepare: () => Promise<Asked>, fault: AskedFault) {
  const { method, path, body } = await prepare();
  const [id] = await here.sim.addFaults({ match: { method, path }, fault });
  const asked = method === 'GET' ? here.get(path) : here.post(path, body);
  await asked.catch(() => undefined);
  const rule = (await here.sim.faults()).rules.find((one) => one.id === id);
  return { met: rule?.met, changed: rule?.changed };
}

describe('a fault that says or does what the mint would have said or done', () => {
  it.each<[string, () => Promise<Asked>, AskedFault]>([
    ['“unpaid” of an unpaid quote', quote, { kind: 'lie_unpaid' }],
    ['a quote with the state that it has', quote, { kind: 'alter_quote', set: { state: 'UNPAID' } }],
    ['a member moved that is not there', quote, { kind: 'alter_quote', add: { height: 1 } }],
    ['an unknown quote that is forgotten', unknownQuote, { kind: 'forget_quote' }],
    ['an unknown quote, for good', unknownQuote, { kind: 'forget_quote', really: true }],
    ['“unspent” of unspent proofs', states, { kind: 'override_state', state: 'UNSPENT' }],
    ['a state of another proof', states, { kind: 'override_state', Y: 'another', state: 'SPENT' }],
    ['one signature in another order', swap(1), { kind: 'spoil_signatures', flaws: ['permuted'] }],
    ['signatures spoiled where there are none', info, { kind: 'spoil_signatures', flaws: ['wrong_point'] }],
    ['the mint’s own refusal', unknownQuote, sameRefusal],
    ['no delay', info, { kind: 'delay', delayMs: 0 }],
    ['a second delivery that is refused unheard', swap(1), { kind: 'duplicate', answer: 'first' }],
    ['a question that is asked twice', info, { kind: 'duplicate' }],
    ['the right change', melt, { kind: 'change_amount', delta: 0 }],
    ['no change, late', meltToTheSat, { kind: 'change_late', afterMs: 0 }],
  ])('changes nothing: %s', async (_story, prepare, fault) => {
    expect(await metWith(prepare, fault)).toEqual({ met: 1, changed: 0 });
  });
});

describe('a fault that makes a difference is counted', () => {
  it.each<[string, () => Promise<Asked>, AskedFault]>([
    ['nothing processed', melt, { kind: 'drop_before' }],
    ['nothing answered', melt, { kind: 'drop_after' }],
    ['processed later', melt, { kind: 'drop_then_process' }],
    ['answered late', info, { kind: 'delay', delayMs: 1 }],
    ['half an answer', info, { kind: 'truncate' }],
    ['another reply', info, { kind: 'status', status: 500 }],
    ['another reply, processed', melt, { kind: 'error_code', code: 20004, processed: true }],
    ['a page', info, { kind: 'html', status: 200, processed: true }],
    ['the refusal of a second delivery', swap(1), { kind: 'duplicate' }],
    ['another state of a quote', quote, { kind: 'alter_quote', set: { state: 'PAID' } }],
    ['a quote forgotten', quote, { kind: 'forget_quote' }],
    ['a quote forgotten for good', quote, { kind: 'forget_quote', really: true }],
    ['another state of proofs', states, { kind: 'override_state', state: 'SPENT' }],
    ['two signatures in another order', swap(2), { kind: 'spoil_signatures', flaws: ['permuted'] }],
    ['less change', melt, { kind: 'change_amount', delta: -1 }],
    ['late change', melt, { kind: 'change_late', afterMs: 0 }],
    ['a payment that goes otherwise', melt, { kind: 'melt_pending', result: 'failed' }],
    ['a rotation', info, { kind: 'rotate_keyset' }],
  ])('%s', async (_story, prepare, fault) => {
    expect(await metWith(prepare, fault)).toEqual({ met: 1, changed: 1 });
  });

  it('while the request is still held', async () => {
    const [id] = await here.sim.addFaults({ match: { path: '/v1/info' }, fault: 'hold' });
    const held = here.get('/v1/info');
    const counted = async () => (await here.sim.faults()).rules.find((rule) => rule.id === id)?.changed;
    await until(async () => (await counted()) === 1);
    await here.sim.release();
    expect((await held).status).toBe(200);
    expect(await counted()).toBe(1);
  });
});

describe('a rule of the plan', () => {
  it('is told apart by an id that is never given again', async () => {
    const fault = { kind: 'delay', delayMs: 0 } as const;
    const first = await here.sim.addFaults({ fault }, { fault });
    await here.sim.clearFaults();
    const second = await here.sim.addFaults({ fault });
    expect(new Set([...first, ...second]).size).toBe(3);
    expect((await here.sim.faults()).rules.map(({ id }) => id)).toEqual(second);
  });
});

describe('change that is held back', () => {
  it('is signed on release', async () => {
    const { body, quote: id } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'change_late', afterMs: null } });
    expect(await here.post('/v1/melt/bolt11', body)).toMatchObject({ body: { state: 'PAID' } });
    expect((await here.sim.books()).balance).toMatchObject({ changeOwed: 10, ok: true });
    await here.sim.release();
    expect((await here.get(`/v1/melt/quote/bolt11/${id}`)).body['change']).toHaveLength(2);
    expect((await here.sim.books()).balance).toMatchObject({ changeOwed: 0, ok: true });
  });
});

describe('the truth in short', () => {
  it('is how often an invoice was paid', async () => {
    const { body, paymentHash } = await aboutToMelt(here);
    expect(await here.sim.timesPaid(paymentHash)).toBe(0);
    await here.post('/v1/melt/bolt11', body);
    expect(await here.sim.timesPaid(paymentHash)).toBe(1);
  });

  it('is the ledger without its lists', async () => {
    const { proofs: _, signatures: _1, mintQuotes: _2, meltQuotes: _3, ...rest } = await here.sim.ledger();
    const { payments: _4, forgottenQuotes: _5, ...summary } = rest;
    expect(await here.sim.books()).toEqual(summary);
  });
});

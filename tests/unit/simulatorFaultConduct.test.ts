import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  aboutToMelt,
  loadedWallet,
  output,
  plain,
  type SimulatorWorld,
  startWorld,
  until,
  worth,
} from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

const path = '/v1/melt/bolt11';

const worlds: SimulatorWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function start(...options: Parameters<typeof startWorld>): Promise<SimulatorWorld> {
  const world = await startWorld(...options);
  worlds.push(world);
  return world;
}

async function quoteOf({ get }: SimulatorWorld, quote: string): Promise<Record<string, unknown>> {
  return (await get(`/v1/melt/quote/bolt11/${quote}`)).body;
}

async function isState(here: SimulatorWorld, quote: string, state: string): Promise<boolean> {
  return (await quoteOf(here, quote))['state'] === state;
}

describe('a payment that is PENDING first', () => {
  it('and PAID in the end, with its change', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'melt_pending', result: 'paid', afterMs: 1_000 } });
    expect((await here.post(path, body)).body['state']).toBe('PENDING');
    expect(await here.sim.ledger()).toMatchObject({ outstanding: 64, pendingTotal: 64 });
    await until(() => isState(here, quote, 'PAID'));
    expect((await quoteOf(here, quote))['change']).toHaveLength(2);
    expect(await here.sim.ledger()).toMatchObject({
      outstanding: 10,
      pendingTotal: 0,
      balance: { ok: true },
    });
  });

  it('and UNPAID in the end: the inputs are free, and the next attempt pays', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'melt_pending', result: 'failed' } });
    expect((await here.post(path, body)).body['state']).toBe('PENDING');
    await until(() => isState(here, quote, 'UNPAID'));
    expect(await here.sim.ledger()).toMatchObject({
      outstanding: 64,
      pendingTotal: 0,
      balance: { ok: true },
    });
    expect((await here.post(path, body)).body['state']).toBe('PAID');
    expect((await here.sim.ledger()).meltQuotes[0]?.attempts).toBe(2);
  });

  it.each([
    ['paid', 'PAID', 10],
    ['failed', 'UNPAID', 64],
  ] as const)('and %s only when somebody says so', async (result, state, outstanding) => {
    const here = await start();
    const { body, quote, paymentHash } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: 'melt_pending' });
    expect((await here.post(path, body)).body['state']).toBe('PENDING');
    await here.sim.settle(paymentHash, result);
    await until(() => isState(here, quote, state));
    expect((await here.sim.ledger()).outstanding).toBe(outstanding);
  });

  it('and stays so for whoever repeats the request, where the cache keeps it', async () => {
    const here = await start();
    const { body, quote, paymentHash } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'melt_pending', cached: true } });
    const first = await here.post(path, body);
    await here.sim.settle(paymentHash, 'paid');
    await until(() => isState(here, quote, 'PAID'));
    expect(first.body['state']).toBe('PENDING');
    expect(await here.post(path, body)).toEqual(first);
  });
});

describe('a payment still routing', () => {
  it('is told UNPAID in the reply to the melt', async () => {
    const here = await start();
    const { body, quote, paymentHash } = await aboutToMelt(here, { behaviour: 'pending' });
    await here.sim.addFaults({ match: { path }, fault: 'lie_unpaid' });
    expect(await here.post(path, body)).toMatchObject({ status: 200, body: { state: 'UNPAID' } });
    await here.sim.settle(paymentHash, 'paid');
    await until(() => isState(here, quote, 'PAID'));
  });

  it('or failed with 20004, its quote UNPAID and its inputs UNSPENT: all lies', async () => {
    const here = await start();
    const { body, quote, paymentHash, proofs } = await aboutToMelt(here, { behaviour: 'pending' });
    await here.sim.addFaults(
      { match: { path }, fault: { kind: 'error_code', code: 20004, processed: true } },
      { fault: 'lie_unpaid' },
      { fault: { kind: 'override_state', state: 'UNSPENT' } },
    );
    expect((await here.post(path, body)).body['code']).toBe(20004);
    expect(await isState(here, quote, 'UNPAID')).toBe(true);
    const told = await here.wallet.checkProofsStates(proofs);
    expect(new Set(told.map(({ state }) => state))).toEqual(new Set(['UNSPENT']));
    const ledger = await here.sim.ledger();
    expect(ledger).toMatchObject({ outstanding: 64, pendingTotal: 64 });
    expect(ledger.payments.find((one) => one.paymentHash === paymentHash)?.state).toBe('IN_FLIGHT');
    await here.sim.settle(paymentHash, 'paid');
    await until(() => isState(here, quote, 'PAID'));
  });
});

describe('change that is not what was overpaid', () => {
  it.each([
    ['too small: the mint keeps the rest', -3, 7, { keptOverpay: 3, overSigned: 0 }],
    ['nothing at all', -1_000, 0, { keptOverpay: 10, overSigned: 0 }],
    ['too large: the loss is the mint’s', 3, 13, { keptOverpay: 0, overSigned: 3 }],
  ])('%s', async (_story, delta, change, books) => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'change_amount', delta } });
    const told = (await here.post(path, body)).body['change'];
    const amounts = Array.isArray(told) ? told.map(({ amount }) => Number(amount)) : [];
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(change);
    const ledger = await here.sim.ledger();
    expect(ledger).toMatchObject({ ...books, outstanding: change, balance: { ok: true } });
    expect(ledger.meltQuotes[0]?.changeAmount).toBe(change);
  });

  it('is as good as any, also what the mint lost by it', async () => {
    const here = await start();
    const { proofs, invoice } = await aboutToMelt(here);
    const quote = await here.wallet.createMeltQuoteBolt11(invoice);
    await here.sim.addFaults({ fault: { kind: 'change_amount', delta: 3 } });
    const { change } = await here.wallet.meltProofsBolt11(quote, proofs);
    expect(worth(await here.wallet.receive(change))).toBe(13);
    expect(await here.sim.ledger()).toMatchObject({ outstanding: 13, overSigned: 3, balance: { ok: true } });
  });
});

describe('a keyset that is replaced between two requests', () => {
  it('right before a swap: its outputs are refused with 12002, the keyset list says why', async () => {
    const here = await start();
    const proofs = await here.fund(60);
    const id = here.wallet.getKeyset().id;
    await here.sim.addFaults({
      match: { path: '/v1/swap' },
      fault: { kind: 'rotate_keyset', inputFeePpk: 100 },
    });
    const outputs = [4, 8, 16, 32].map((amount) => output(id, amount));
    expect((await here.post('/v1/swap', { inputs: plain(proofs), outputs })).body['code']).toBe(12002);
    expect((await here.get('/v1/keysets')).body['keysets']).toEqual([
      expect.objectContaining({ id, active: false, input_fee_ppk: 0 }),
      expect.objectContaining({ active: true, input_fee_ppk: 100 }),
    ]);
    expect(await here.sim.ledger()).toMatchObject({ outstanding: 60, spentTotal: 0 });
    const { keep, send } = await (await loadedWallet(here.url)).send(10, proofs);
    expect([...keep, ...send].some((proof) => proof.id !== id)).toBe(true);
  });

  it('right after a mint quote is paid out: the tokens are of the old one, and good', async () => {
    const here = await start({ inputFeePpk: 200 });
    await here.sim.addFaults({
      match: { path: '/v1/mint/bolt11' },
      fault: { kind: 'rotate_keyset', when: 'after' },
    });
    const proofs = await here.fund(60);
    const [old, active] = (await here.sim.ledger()).keysets;
    expect([old?.active, active?.active, active?.inputFeePpk]).toEqual([false, true, 200]);
    expect(new Set(proofs.map(({ id }) => id))).toEqual(new Set([old?.id]));
    const wallet = await loadedWallet(here.url);
    await expect(wallet.send(10, proofs)).resolves.toBeDefined();
  });

  it('refuses blank outputs of the old one, so that nothing is paid', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ match: { path }, fault: 'rotate_keyset' });
    expect((await here.post(path, body)).body['code']).toBe(12002);
    expect(await isState(here, quote, 'UNPAID')).toBe(true);
  });
});

describe('a quote that the mint forgets', () => {
  it('for one answer', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: 'forget_quote' });
    expect((await quoteOf(here, quote))['code']).toBe(20000);
    expect(await isState(here, quote, 'UNPAID')).toBe(true);
    expect((await here.post(path, body)).body['state']).toBe('PAID');
  });

  it('for good, before it is paid: the melt is refused as well', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ match: { path }, fault: { kind: 'forget_quote', really: true } });
    expect((await here.post(path, body)).body['code']).toBe(20000);
    expect((await quoteOf(here, quote))['code']).toBe(20000);
    const { outstanding, payments, forgottenQuotes } = await here.sim.ledger();
    expect(outstanding).toBe(64);
    expect(payments.filter(({ amountSat }) => amountSat === 54)).toEqual([]);
    expect(forgottenQuotes).toEqual([quote]);
  });

  it('for good, while its payment is under way: that goes on, unseen by whoever watches', async () => {
    const here = await start();
    const { body, quote, paymentHash } = await aboutToMelt(here, { behaviour: 'pending' });
    await here.post(path, body);
    const socket = new WebSocket(`${here.url.replace('http', 'ws')}/v1/ws`);
    const notices: string[] = [];
    socket.on('message', (data) => notices.push(data.toString()));
    await new Promise((resolve) => socket.once('open', resolve));
    const params = { kind: 'bolt11_melt_quote', subId: 'a', filters: [quote] };
    socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params, id: 1 }));
    await until(async () => notices.length === 2);
    await here.sim.addFaults({ fault: { kind: 'forget_quote', really: true } });
    expect((await quoteOf(here, quote))['code']).toBe(20000);
    await here.sim.settle(paymentHash, 'paid');
    await until(async () => (await here.sim.ledger()).outstanding === 10);
    expect((await here.sim.ledger()).balance.ok).toBe(true);
    expect(notices).toHaveLength(2);
    socket.close();
  });

  it('a mint quote too: what was paid for it is never issued', async () => {
    const here = await start();
    const { quote, request } = await here.wallet.createMintQuoteBolt11(8);
    await here.sim.pay(request);
    const match = { method: 'GET', path: '/v1/mint/quote/*' } as const;
    await here.sim.addFaults({ match, fault: { kind: 'forget_quote', really: true } });
    await expect(here.wallet.checkMintQuoteBolt11(quote)).rejects.toMatchObject({ code: 20000 });
    await expect(here.wallet.mintProofsBolt11(8, quote)).rejects.toMatchObject({ code: 20000 });
    const { outstanding, balance } = await here.sim.ledger();
    expect({ outstanding, balance }).toMatchObject({ outstanding: 0, balance: { unissued: 8, ok: true } });
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  aboutToMelt,
  plain,
  startWorld,
  until,
  type SimulatorWorld as World,
  worth,
} from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function start(...options: Parameters<typeof startWorld>): Promise<World> {
  world = await startWorld(...options);
  return world;
}

const meltPath = '/v1/melt/bolt11';

async function stateOf({ get }: World, quote: string): Promise<unknown> {
  return (await get(`/v1/melt/quote/bolt11/${quote}`)).body['state'];
}

describe('faults on request', () => {
  it('drops a request before it is processed: nothing happened', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ match: { path: meltPath }, fault: 'drop_before' });
    await expect(here.post(meltPath, body)).rejects.toThrow();
    expect(await stateOf(here, quote)).toBe('UNPAID');
    expect((await here.post(meltPath, body)).body['state']).toBe('PAID');
  });

  it('drops a reply after the work is done: the payment was made', async () => {
    const here = await start();
    const { body, quote, paymentHash } = await aboutToMelt(here);
    await here.sim.addFaults({ match: { path: meltPath }, fault: 'drop_after' });
    await expect(here.post(meltPath, body)).rejects.toThrow();
    expect(await stateOf(here, quote)).toBe('PAID');
    const { payments } = await here.sim.ledger();
    expect(payments.find((payment) => payment.paymentHash === paymentHash)?.count).toBe(1);
    const [first] = await here.sim.requests();
    expect(first).toMatchObject({ path: meltPath, status: null, fault: 'drop_after' });
  });

  it('answers the very same request from its cache, a different one not', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    const first = await here.post(meltPath, body);
    expect(await here.post(meltPath, body)).toEqual(first);
    const other = await here.post(meltPath, { ...body, outputs: [] });
    expect(other.body['code']).toBe(20006);
    const [one, two, three] = await here.sim.requests();
    expect(one?.bodySha256).toBe(two?.bodySha256);
    expect(three?.bodySha256).not.toBe(one?.bodySha256);
  });

  it('lets a wallet that repeats a swap recover a lost reply', async () => {
    const here = await start();
    const proofs = await here.fund(60);
    await here.sim.addFaults({ match: { path: '/v1/swap' }, fault: 'drop_after' });
    const { keep, send } = await here.wallet.send(10, proofs);
    expect(worth([...keep, ...send])).toBe(60);
    expect((await here.sim.ledger()).balance.ok).toBe(true);
  });

  it('never caches PENDING', async () => {
    const here = await start();
    const proofs = await here.fund(60);
    const { invoice, paymentHash } = await here.sim.invoice({ amount: 50, behaviour: 'pending' });
    const quote = await here.wallet.createMeltQuoteBolt11(invoice);
    const body = { quote: quote.quote, inputs: plain(proofs) };
    expect((await here.post(meltPath, body)).body['state']).toBe('PENDING');
    await here.sim.settle(paymentHash, 'failed');
    expect((await here.post(meltPath, body)).body['state']).toBe('PENDING');
    await here.sim.settle(paymentHash, 'paid');
    await until(async () => (await stateOf(here, quote.quote)) === 'PAID');
  });

  it('delays, and refuses by status with Retry-After, as often as asked and not before', async () => {
    const here = await start();
    const slow = { match: { path: '/v1/keys' }, fault: { kind: 'delay', delayMs: 60 } } as const;
    await here.sim.addFaults(slow, {
      match: { path: '/v1/info' },
      fault: { kind: 'status', status: 429, body: { detail: 'slow down' }, retryAfterSeconds: 7 },
      times: 2,
      after: 1,
    });
    const begun = performance.now();
    expect((await here.get('/v1/keys')).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
    const answers = [];
    for (let asked = 0; asked < 4; asked += 1) answers.push(await fetch(`${here.url}/v1/info`));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 200]);
    expect(answers[1]?.headers.get('Retry-After')).toBe('7');
  });

  it('holds a request until it is released, and processes it although the client has gone', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ match: { path: meltPath }, fault: 'hold' });
    const client = new AbortController();
    const request = fetch(here.url + meltPath, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: client.signal,
    }).catch(() => 'gone');
    await until(async () => (await here.sim.requests()).some(({ path }) => path === meltPath));
    client.abort();
    expect(await request).toBe('gone');
    expect(await stateOf(here, quote)).toBe('UNPAID');
    await here.sim.release();
    await until(async () => (await stateOf(here, quote)) === 'PAID');
  });

  it('lies once that a paid quote is unpaid', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.post(meltPath, body);
    await here.sim.addFaults({ fault: 'lie_unpaid' });
    expect(await stateOf(here, quote)).toBe('UNPAID');
    expect(await stateOf(here, quote)).toBe('PAID');
  });

  it('shows PAID first and signs the change later', async () => {
    const here = await start();
    const { quote, proofs } = await aboutToMelt(here);
    await here.sim.addFaults({ fault: { kind: 'change_late', afterMs: null } });
    const asked = await here.wallet.checkMeltQuoteBolt11(quote);
    const { change } = await here.wallet.meltProofsBolt11(asked, proofs);
    expect(change).toEqual([]);
    expect(await here.sim.ledger()).toMatchObject({ outstanding: 0, balance: { changeOwed: 10, ok: true } });
    await here.sim.release();
    await until(async () => (await here.sim.ledger()).outstanding === 10);
    const answer = await here.get(`/v1/melt/quote/bolt11/${quote}`);
    expect(answer.body['change']).toHaveLength(2);
  });

  it('lies about the state of one proof, or of all', async () => {
    const here = await start();
    const proofs = await here.fund(3);
    const [first] = await here.wallet.checkProofsStates(proofs);
    await here.sim.addFaults(
      { fault: { kind: 'override_state', Y: first?.Y ?? '', state: 'SPENT' } },
      { fault: { kind: 'override_state', Y: '*', state: 'PENDING' } },
    );
    const states = async () => (await here.wallet.checkProofsStates(proofs)).map(({ state }) => state);
    expect(await states()).toEqual(['SPENT', 'UNSPENT']);
    expect(await states()).toEqual(['PENDING', 'PENDING']);
    expect(await states()).toEqual(['UNSPENT', 'UNSPENT']);
  });

  it('forgets rules that are cleared, and refuses those it does not know', async () => {
    const here = await start();
    await here.sim.addFaults({ match: { path: '/v1/*' }, fault: 'drop_before', times: null });
    await here.sim.clearFaults();
    expect((await here.get('/v1/info')).status).toBe(200);
    const refused = await here.post('/sim/faults', { fault: 'set_on_fire' });
    expect(refused).toMatchObject({ status: 400, body: { code: 10000 } });
  });
});

describe('another wallet with the same proofs', () => {
  it('spends, holds and gives back, and the books stay honest', async () => {
    const here = await start();
    const [held, spent] = plain(await here.fund(3));
    if (!held || !spent) throw new Error('3 sat are two proofs');
    await here.sim.holdOutside([held]);
    await here.sim.spendOutside([spent]);
    const asked = await here.post('/v1/swap', { inputs: [spent], outputs: [] });
    expect(asked.body['code']).toBe(11001);
    expect((await here.post('/v1/swap', { inputs: [held], outputs: [] })).body['code']).toBe(11002);
    const ledger = await here.sim.ledger();
    expect(ledger).toMatchObject({
      outstanding: 3 - spent.amount,
      pendingTotal: held.amount,
      balance: { ok: true },
    });
    const inColumns = {
      Ys: ledger.proofs.map(({ Y }) => Y),
      amounts: ledger.proofs.map((proof) => proof.amount),
    };
    expect((await here.post('/sim/proofs/spend', inColumns)).body['code']).toBe(11001);
    await here.sim.forget(ledger.proofs.map(({ Y }) => Y));
    expect(await here.sim.ledger()).toMatchObject({ outstanding: 3, proofs: [], balance: { ok: true } });
    expect((await here.post('/sim/proofs/pending', inColumns)).body).toEqual({ pending: 2 });
    expect((await here.sim.ledger()).pendingTotal).toBe(3);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { aboutToMelt, post, type SimulatorWorld, startWorld, until } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

const path = '/v1/melt/bolt11';
const match = { method: 'POST', path } as const;

const worlds: SimulatorWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function start(): Promise<SimulatorWorld> {
  const world = await startWorld();
  worlds.push(world);
  return world;
}

/** POSTs by hand, for replies that are no JSON or lead elsewhere. */
function raw({ url }: SimulatorWorld, body: unknown): Promise<Response> {
  return fetch(url + path, { method: 'POST', body: JSON.stringify(body), redirect: 'manual' });
}

async function stateOf({ get }: SimulatorWorld, quote: string): Promise<unknown> {
  return (await get(`/v1/melt/quote/bolt11/${quote}`)).body['state'];
}

/** What the ledger says once the melt of 54 has gone through or not. */
async function expectPaid({ sim }: SimulatorWorld, isPaid: boolean): Promise<void> {
  const { outstanding, payments, balance } = await sim.ledger();
  expect(balance.ok).toBe(true);
  expect(outstanding).toBe(isPaid ? 10 : 64);
  expect(payments.filter(({ amountSat }) => amountSat === 54).map(({ count }) => count)).toEqual(
    isPaid ? [1] : [],
  );
}

describe('a request that arrives twice', () => {
  it('is refused the second time, which is what the client sees: paid, and told 20006', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: 'duplicate' });
    expect(await here.post(path, body)).toMatchObject({ status: 400, body: { code: 20006 } });
    await expectPaid(here, true);
    expect((await here.post(path, body)).body['state']).toBe('PAID');
  });

  it('or the client sees the first reply', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: { kind: 'duplicate', answer: 'first' } });
    expect((await here.post(path, body)).body['state']).toBe('PAID');
    await expectPaid(here, true);
  });

  it('says 20005 while the first one is still under way', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here, { behaviour: 'pending' });
    await here.sim.addFaults({ match, fault: 'duplicate' });
    expect((await here.post(path, body)).body['code']).toBe(20005);
    expect(await stateOf(here, quote)).toBe('PENDING');
  });

  it('makes a swap look like theft, though its signatures can be restored', async () => {
    const here = await start();
    const proofs = await here.fund(60);
    await here.sim.addFaults({ match: { path: '/v1/swap' }, fault: 'duplicate' });
    await expect(here.wallet.send(10, proofs)).rejects.toMatchObject({ code: 11001 });
    const { outstanding, spentTotal } = await here.sim.ledger();
    expect(outstanding).toBe(60);
    expect(spentTotal).toBeGreaterThan(0);
  });
});

describe('a request that arrives long after its client gave up', () => {
  it('some time later: nothing at first, then it is paid', async () => {
    const here = await start();
    const { body, quote } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: { kind: 'drop_then_process', afterMs: 1_000 } });
    await expect(here.post(path, body)).rejects.toThrow();
    expect(await stateOf(here, quote)).toBe('UNPAID');
    await until(async () => (await stateOf(here, quote)) === 'PAID');
    await expectPaid(here, true);
  });

  it('when the gate is opened, and is refused if its inputs have gone elsewhere meanwhile', async () => {
    const here = await start();
    const { body, quote, proofs } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: 'drop_then_process' });
    await expect(here.post(path, body)).rejects.toThrow();
    expect((await here.sim.faults()).held).toBe(1);
    await here.wallet.receive(proofs);
    await here.sim.release();
    await until(async () => (await here.sim.faults()).held === 0);
    expect(await stateOf(here, quote)).toBe('UNPAID');
    await expectPaid(here, false);
  });

  it('or never, because the simulator was closed: that leaves no trace and no error', async () => {
    const complaint = jest.spyOn(console, 'error').mockImplementation(() => {});
    const here = await startWorld();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults(
      { match, fault: { kind: 'drop_then_process', afterMs: 50 } },
      { match, fault: 'drop_then_process' },
    );
    await expect(here.post(path, body)).rejects.toThrow();
    await expect(here.post(path, body)).rejects.toThrow();
    await here.close();
    await new Promise((resolve) => setTimeout(resolve, 100)); // past the time of the late one
    expect(complaint).not.toHaveBeenCalled();
    complaint.mockRestore();
  });
});

describe.each([false, true])('another reply than the mint gave, the request processed: %s', (processed) => {
  it('a status', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: { kind: 'status', status: 503, processed } });
    expect((await here.post(path, body)).status).toBe(503);
    await expectPaid(here, processed);
  });

  it('an error code', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    const fault = { kind: 'error_code', code: 11001, detail: 'Token already spent.', processed } as const;
    await here.sim.addFaults({ match, fault });
    const told = { status: 400, body: { code: 11001, detail: 'Token already spent.' } };
    expect(await here.post(path, body)).toEqual(told);
    await expectPaid(here, processed);
  });

  it.each([200, 502])('a page of HTML with status %s', async (status) => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: { kind: 'html', status, processed } });
    const answer = await raw(here, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(await answer.text()).toMatch(/^<!DOCTYPE html>/);
    await expectPaid(here, processed);
  });

  it.each([302, 307, 308] as const)('a redirect with status %s', async (status) => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    const location = 'http://mint.example/v1/melt/bolt11';
    await here.sim.addFaults({ match, fault: { kind: 'redirect', location, status, processed } });
    const answer = await raw(here, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('Location')).toBe(location);
    await expectPaid(here, processed);
  });
});

describe('a redirect to another mint', () => {
  it('is followed with its body by clients that follow redirects', async () => {
    const [here, other] = [await start(), await start()];
    const { body } = await aboutToMelt(here);
    const fault = { kind: 'redirect', location: other.url + path } as const;
    await here.sim.addFaults({ match, fault });
    expect(await post(here.url + path, body)).toMatchObject({ status: 400, body: { code: 20000 } });
    expect(await other.sim.requests()).toContainEqual(expect.objectContaining(match));
    await expectPaid(here, false);
  });
});

describe('a damaged reply to a payment that was made', () => {
  it('half the JSON, its length told as it is', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: 'truncate' });
    const answer = await raw(here, body);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Length')).toBe(String(text.length));
    expect(text).toMatch(/^\{"quote":/);
    expect(() => JSON.parse(text)).toThrow();
    await expectPaid(here, true);
  });

  it('half the JSON, where the header promises all of it', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: { kind: 'truncate', contentLength: 'full' } });
    const answer = await raw(here, body);
    expect(answer.status).toBe(200);
    const begun = performance.now();
    await expect(answer.text()).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(4_000); // cut, not left to the server's idle limit of 5 s
    await expectPaid(here, true);
  });

  it('ten megabytes, of which most is padding', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: 'huge_body' });
    const answer = await raw(here, body);
    const text = await answer.text();
    expect(text).toHaveLength(10_000_000);
    expect(JSON.parse(text)).toMatchObject({ state: 'PAID' });
    await expectPaid(here, true);
  });

  it('is given whole to whoever asks again', async () => {
    const here = await start();
    const { body } = await aboutToMelt(here);
    await here.sim.addFaults({ match, fault: 'truncate' });
    await raw(here, body);
    expect((await here.post(path, body)).body['state']).toBe('PAID');
  });
});

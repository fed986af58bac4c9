import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FaultWish } from '../../simulator/client.ts';
import { type SimulatorWorld, startWorld } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let here: SimulatorWorld;
beforeAll(async () => {
  here = await startWorld();
});
afterEach(() => here.sim.clearFaults());
afterAll(() => here.close());

const info = { method: 'GET', path: '/v1/info' } as const;
const keys = { method: 'GET', path: '/v1/keys' } as const;
const sometimes: FaultWish = {
  match: info,
  fault: { kind: 'status', status: 503 },
  times: null,
  probability: 0.3,
};

/** Which of so many requests were met by the rule. */
async function met(requests: number, path = '/v1/info'): Promise<string> {
  let pattern = '';
  for (let asked = 0; asked < requests; asked += 1) {
    pattern += (await here.get(path)).status === 503 ? 'x' : '.';
  }
  return pattern;
}

describe('a seeded fault plan', () => {
  it('takes the same decisions for the same seed, others for another, about as often as it says', async () => {
    await here.sim.planFaults(21, sometimes);
    const first = await met(200);
    await here.sim.clearFaults();
    await here.sim.planFaults(21, sometimes);
    expect(await met(200)).toBe(first);
    await here.sim.clearFaults();
    await here.sim.planFaults(22, sometimes);
    expect(await met(200)).not.toBe(first);
    const share = first.replaceAll('.', '').length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it('is not disturbed by what other paths meet in between', async () => {
    const elsewhere: FaultWish = { ...sometimes, match: keys };
    await here.sim.planFaults(21, sometimes, elsewhere);
    const first = [await met(30), await met(30, '/v1/keys')];
    await here.sim.clearFaults();
    await here.sim.planFaults(21, sometimes, elsewhere);
    expect([await met(30, '/v1/keys'), await met(30)].reverse()).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });

  it('lists the seed that it goes by, also one that it chose itself', async () => {
    await here.sim.addFaults(sometimes);
    const { seed, rules } = await here.sim.faults();
    expect(rules).toMatchObject([{ match: info, times: null, after: 0, probability: 0.3, seen: 0, met: 0 }]);
    const first = await met(40);
    await here.sim.clearFaults();
    await here.sim.planFaults(seed, sometimes);
    expect(await met(40)).toBe(first);
  });

  it('gives a request that one rule spared to the next one', async () => {
    const otherwise: FaultWish = { match: info, fault: { kind: 'error_code', code: 1 }, times: null };
    await here.sim.planFaults(21, sometimes, otherwise);
    const statuses = new Set<number>();
    for (let asked = 0; asked < 30; asked += 1) statuses.add((await here.get('/v1/info')).status);
    expect([...statuses].sort()).toEqual([400, 503]);
  });

  it('counts for `times` only what it met', async () => {
    await here.sim.planFaults(21, { ...sometimes, times: 2 });
    expect((await met(100)).replaceAll('.', '')).toBe('xx');
  });

  it('finds a fault at its usual place, unless the rule names another', async () => {
    await here.sim.addFaults({ fault: 'lie_unpaid' });
    await here.sim.addFaults({ match: { path: '/v1/melt/bolt11' }, fault: 'lie_unpaid' });
    expect((await here.sim.faults()).rules.map(({ match }) => match)).toEqual([
      { method: 'GET', path: '/v1/melt/quote/*' },
      { method: null, path: '/v1/melt/bolt11' },
    ]);
  });
});

describe('a rule that makes no sense', () => {
  it.each([
    [{ fault: 'set_on_fire' }, /must be one of drop_before, /],
    [{ fault: { kind: 'delay' } }, /delayMs must be a whole number/],
    [{ fault: 'delay', delayMs: -1 }, /delayMs must be a whole number/],
    [
      { fault: 'delay', delayMs: 1, delayms: 1 },
      /delayms is not an option of delay; there are kind, delayMs/,
    ],
    [{ fault: { kind: 'hold', afterMs: 3 } }, /afterMs is not an option of hold/],
    [{ fault: { kind: 'hold' }, afterMs: 3 }, /afterMs is not a member of a fault rule/],
    [{ fault: 'hold', match: { url: '/v1/swap' } }, /url is not a member of match/],
    [{ fault: 'hold', match: { method: 'DELETE' } }, /method must be one of GET, POST/],
    [{ fault: 'hold', times: -1 }, /times must be a whole number/],
    [{ fault: 'hold', probability: 0 }, /probability must be a number above 0, at most 1/],
    [{ fault: 'hold', probability: '1' }, /probability must be a number above 0, at most 1/],
    [{ fault: 'duplicate', answer: 'third' }, /answer must be one of first, second/],
    [{ fault: 'status', status: 99 }, /status must be between 200 and 599/],
    [{ fault: 'status', status: 503, processed: 'yes' }, /processed must be true or false/],
    [{ fault: 'error_code' }, /code must be a whole number/],
    [{ fault: 'html', status: 42 }, /status must be between 200 and 599/],
    [{ fault: 'redirect' }, /location must be a text/],
    [{ fault: 'redirect', location: '/', status: 301 }, /status must be one of 302, 307, 308/],
    [{ fault: 'truncate', contentLength: 'double' }, /contentLength must be one of actual, full/],
    [{ fault: 'huge_body', bytes: 100_000_001 }, /bytes must be 100000000 at most/],
    [{ fault: 'alter_quote', add: { amount: 'more' } }, /amount must be a whole number/],
    [{ fault: 'alter_quote', set: [] }, /set must be a JSON object/],
    [{ fault: 'override_state', state: 'LOST' }, /state must be one of UNSPENT, PENDING, SPENT/],
    [{ fault: 'spoil_signatures' }, /flaws must be a list/],
    [{ fault: 'spoil_signatures', flaws: ['ugly'] }, /flaws must be among permuted, /],
    [{ fault: 'change_late' }, /afterMs must be a whole number/],
    [{ fault: 'change_amount', delta: 0.5 }, /delta must be a whole number/],
    [{ fault: 'melt_pending', result: 'lost' }, /result must be one of paid, failed/],
    [{ fault: 'rotate_keyset', when: 'never' }, /when must be one of before, after/],
    [{ fault: 'forget_quote', really: 1 }, /really must be true or false/],
    [{ seed: 1, rules: {} }, /rules must be a list/],
    [{ seed: -1, rules: [] }, /seed must be a whole number/],
    [{ seed: 1, rules: [], fault: 'hold' }, /fault is not a member of a fault plan/],
    [{ rules: [{ fault: 'hold' }, { fault: 'hold', times: 'two' }] }, /times must be a whole number/],
  ])('%j is refused with 400 and the reason, and changes nothing', async (rule, reason) => {
    const refused = await here.post('/sim/faults', rule);
    expect(refused).toMatchObject({ status: 400, body: { code: 10000 } });
    expect(refused.body['detail']).toMatch(reason);
    expect((await here.sim.faults()).rules).toEqual([]);
  });
});

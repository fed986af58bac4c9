import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawAmountsSat } from '../../bench/draws.ts';
import { inLanes, payAll } from '../../bench/load.ts';
import { addedUp, bucketsOf, growth, percentile, percentileBound } from '../../bench/statistics.ts';

describe('a percentile', () => {
  it('is the value that so many do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([50, 95, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 95, 99, 100]);
    expect(percentile([7], 50)).toBe(7);
    expect(percentile([], 50)).toBeNull();
  });

  it('is one of the values, and grows with what is asked for', () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    const percents = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }));
    fc.assert(
      fc.property(values, percents, (given, [one, other]) => {
        const low = percentile(given, Math.min(one, other));
        const high = percentile(given, Math.max(one, other));
        expect(given).toContain(low);
        expect(Number(low)).toBeLessThanOrEqual(Number(high));
      }),
    );
  });
});

describe('a histogram of Prometheus', () => {
  const series = (outcome: string, bound: string) =>
    `x_seconds_bucket{le="${bound}",phase="book",outcome="${outcome}"}`;
  const told = (fast: number, all: number) =>
    new Map([
      [series('done', '0.05'), fast],
      [series('done', '0.1'), all],
      [series('done', '+Inf'), all],
      [series('failed', '0.1'), 1],
      ['x_seconds_bucket{le="0.1",phase="mint",outcome="done"}', 999],
      ['x_seconds_count{phase="book",outcome="done"}', 999],
    ]);

  it('is read over all outcomes of a phase, and no other phase', () => {
    const buckets = bucketsOf(told(3, 5), 'x_seconds', 'phase="book"');
    expect([...buckets]).toEqual([
      [0.05, 3],
      [0.1, 6],
      [Number.POSITIVE_INFINITY, 5],
    ]);
  });

  it('of several processes is one', () => {
    const one = new Map([[0.1, 1]]);
    const both = addedUp([one, new Map([...one, [1, 5]])]);
    expect([...both]).toEqual([
      [0.1, 2],
      [1, 5],
    ]);
  });

  it('tells the bound of a percentile of what came between two readings', () => {
    const before = new Map([
      [0.05, 1_000],
      [0.1, 1_000],
      [Number.POSITIVE_INFINITY, 1_000],
    ]);
    const later = (fast: number, slow: number) =>
      new Map([
        [Number.POSITIVE_INFINITY, 1_100],
        [0.05, 1_000 + fast],
        [0.1, 1_000 + slow],
      ]);
    expect(percentileBound(before, later(99, 100), 99)).toBe(0.05);
    expect(percentileBound(before, later(98, 100), 99)).toBe(0.1);
    expect(percentileBound(before, later(0, 0), 99)).toBe(Number.POSITIVE_INFINITY);
    expect(percentileBound(before, before, 99)).toBeNull();
  });
});

it('what stood still between two readings has not grown', () => {
  expect(growth({ find: 2, insert: 1 }, { find: 5, insert: 1, update: 4 })).toEqual({ find: 3, update: 4 });
});

it('amounts follow from the seed, lie between 10 and 2,000 sat, and are as often below 141 as above', () => {
  const amounts = drawAmountsSat('a seed', 'a level', 2_000);
  expect(drawAmountsSat('a seed', 'a level', 2_000)).toEqual(amounts);
  expect(drawAmountsSat('another', 'a level', 2_000)).not.toEqual(amounts);
  expect(amounts.every((amount) => Number.isInteger(amount) && amount >= 10 && amount <= 2_000)).toBe(true);
  const below = amounts.filter((amount) => amount < Math.sqrt(10 * 2_000)).length;
  expect(below).toBeGreaterThan(900);
  expect(below).toBeLessThan(1_100);
});

describe('the load', () => {
  const invoices = (...requests: string[]) => requests.map((request) => ({ request, amountSat: 21 }));
  const heldSat = async () => 0;

  it('has each wallet pay one invoice after the other, and goes on after one that failed', async () => {
    const paid: string[] = [];
    let open = 0;
    const purse = {
      heldSat,
      async pay(invoice: string) {
        open += 1;
        expect(open).toBe(1);
        await new Promise(setImmediate);
        open -= 1;
        if (invoice === 'bad') throw new Error('no route');
        paid.push(invoice);
      },
    };
    const { payments } = await payAll([purse], [invoices('one', 'bad', 'two')], 60_000);
    expect(paid).toEqual(['one', 'two']);
    expect(payments.map(({ error }) => error)).toEqual([null, 'no route', null]);
  });

  it('begins nothing once its time is over', async () => {
    const { payments } = await payAll([{ heldSat, pay: async () => undefined }], [invoices('late')], 0);
    expect(payments).toEqual([]);
  });
});

it('lanes keep the order of the results, and no more than so many are under way', async () => {
  let open = 0;
  let most = 0;
  const doubled = await inLanes([1, 2, 3, 4, 5], 2, async (value) => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 5 - value));
    open -= 1;
    return 2 * value;
  });
  expect(doubled).toEqual([2, 4, 6, 8, 10]);
  expect(most).toBe(2);
});

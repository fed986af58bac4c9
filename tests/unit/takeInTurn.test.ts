import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { takeInTurn } from '../../src/models/takeInTurn.ts';

describe('taking from several lists in turn', () => {
  it('goes round, leaves out lists that are at their end, and stops at the limit', () => {
    const lists = [['a1', 'a2', 'a3'], ['b1'], [], ['d1', 'd2']];
    expect(takeInTurn(lists, 100)).toEqual(['a1', 'b1', 'd1', 'a2', 'd2', 'a3']);
    expect(takeInTurn(lists, 4)).toEqual(['a1', 'b1', 'd1', 'a2']);
    expect(takeInTurn(lists, 0)).toEqual([]);
    expect(takeInTurn([], 4)).toEqual([]);
  });

  it('takes the beginning of each list, as much as fits, and no list starves another', () => {
    const lengths = fc.array(fc.nat(40), { maxLength: 5 });
    fc.assert(
      fc.property(lengths, fc.nat(120), (sizes, limit) => {
        const lists = sizes.map((size, list) => Array.from({ length: size }, (_, item) => ({ list, item })));
        const taken = takeInTurn(lists, limit);
        expect(taken).toHaveLength(Math.min(limit, lists.flat().length));
        const counts = lists.map((all, list) => {
          const own = taken.filter((one) => one.list === list);
          expect(own).toEqual(all.slice(0, own.length));
          return { count: own.length, isWhole: own.length === all.length };
        });
        const most = Math.max(0, ...counts.map(({ count }) => count));
        for (const { count, isWhole } of counts) expect(isWhole || count >= most - 1).toBe(true);
      }),
    );
  });
});

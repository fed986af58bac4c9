import { describe, expect, it } from '@jest/globals';
import {
  blankCount,
  denominations,
  inputFee,
  sendAmountFor,
  sendAmountUpTo,
  split,
} from '../../src/services/ecash/amounts.ts';

const powers = Array.from({ length: 20 }, (_, exponent) => 2n ** BigInt(exponent)).reverse();
const decimal = [1000n, 500n, 100n, 50n, 10n, 5n, 1n];
const sparse = [100n, 7n, 1n];
const keysets: [string, bigint[]][] = [
  ['powers of two', powers],
  ['decimal', decimal],
  ['sparse', sparse],
];
const sum = (parts: readonly bigint[]) => parts.reduce((total, part) => total + part, 0n);

describe('the input fee', () => {
  it.each([
    [[], 0n],
    [[0n, 0n], 0n],
    [[1n], 1n],
    [[100n], 1n],
    [Array<bigint>(10).fill(100n), 1n],
    [Array<bigint>(11).fill(100n), 2n],
    [[999n, 1n, 1n], 2n],
    [[1000n, 1000n], 2n],
  ])('of %p thousandths is %p', (ppks, fee) => {
    expect(inputFee(ppks)).toBe(fee);
  });
});

describe('a keyset’s denominations', () => {
  it('come largest first, as whole numbers, also where JSON names them out of order', () => {
    expect(denominations({ '8': 'k', '1': 'k', '4096': 'k', '18446744073709551616': 'k', '2': 'k' })).toEqual(
      [18446744073709551616n, 4096n, 8n, 2n, 1n],
    );
  });
});

describe.each(keysets)('splitting into %s', (_name, available) => {
  it('adds up, uses only what there is, smallest first', () => {
    for (let amount = 1n; amount <= 2_500n; amount += 1n) {
      const parts = split(amount, available);
      expect(sum(parts)).toBe(amount);
      expect(parts.every((part) => available.includes(part))).toBe(true);
      expect(parts).toEqual([...parts].sort((a, b) => Number(a - b)));
    }
  });

  it('gives enough blanks for every change that can come back', () => {
    for (let most = 0n; most <= 1_200n; most += most < 300n ? 1n : 37n) {
      const blanks = blankCount(most, available);
      for (let change = 1n; change <= most; change += 1n)
        if (split(change, available).length > blanks)
          throw new Error(`${change} of ${most}: ${blanks} blanks`);
    }
    expect(blankCount(0n, available)).toBe(0);
  });

  it.each([0n, 1n, 100n, 333n, 1000n])(
    'finds the least that covers a need and its own fee at %p ppk',
    (ppk) => {
      const covers = (amount: bigint, need: bigint) =>
        amount - inputFee(split(amount, available).map(() => ppk)) >= need;
      for (let need = 1n; need <= 600n; need += 1n) {
        const amount = sendAmountFor(need, ppk, available);
        let least = need;
        while (!covers(least, need)) least += 1n;
        expect({ need, amount }).toEqual({ need, amount: least });
      }
    },
  );
});

describe('what cannot be done', () => {
  it('is refused, not rounded: an amount that the keyset cannot make', () => {
    expect(() => split(5n, [4n, 2n])).toThrow('cannot represent');
  });

  it.each([0n, -5n])('is refused, since inputs would be given away: outputs for %p', (amount) => {
    expect(() => split(amount, powers)).toThrow('more than nothing');
  });

  it('is the mint’s doing, and may be over soon: what its keyset or its fee cannot do', () => {
    const tried = [
      () => split(5n, [4n, 2n]),
      () => blankCount(1_000_000n, [1n]),
      () => sendAmountFor(5n, 9_000_000_000n, powers),
    ];
    for (const impossible of tried)
      expect(impossible).toThrow(expect.objectContaining({ code: 'MINT_ERROR', retryable: true }));
  });

  it('is told before it is tried: more than there is', () => {
    expect(sendAmountUpTo(20n, 10n, 1000n, powers)).toBe(12n);
    expect(sendAmountUpTo(11n, 10n, 1000n, powers)).toBeNull();
    expect(sendAmountUpTo(1_000n, 10n, 9_000_000_000n, powers)).toBeNull();
  });

  it('is refused before it fills the memory: an amount in a million parts', () => {
    expect(() => split(1_000_000n, [1n])).toThrow('too many');
    expect(() => blankCount(1_000_000n, [1n])).toThrow('too many');
  });
});

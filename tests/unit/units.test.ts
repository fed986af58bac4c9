import { describe, expect, it } from '@jest/globals';
import { hasKnownWorth, inOrder, inUnit, isWorth, msatOf, satOf } from '../../src/models/units.ts';

describe('What a quote may ask for an invoice', () => {
  it.each([
    [700n, 'sat', 700_000n, true],
    [699n, 'sat', 700_000n, false],
    [701n, 'sat', 700_000n, false],
    [700n, 'sat', 700_001n, true],
    [701n, 'sat', 700_001n, true],
    [702n, 'sat', 700_001n, false],
    [699n, 'sat', 700_999n, false],
    [1n, 'sat', 1n, true],
    [700_001n, 'msat', 700_001n, true],
    [700_000n, 'msat', 700_001n, false],
    [700_002n, 'msat', 700_001n, false],
    [1n, 'usd', 700_000n, false],
    [10n ** 12n, 'usd', 1_000_000n, false],
  ])('%s %s for %s msat: %s', (amount, unit, msat, isIt) => {
    expect(isWorth(amount, unit, msat)).toBe(isIt);
  });
});

describe('What a unit is worth', () => {
  it('is known of sat and msat, and of nothing else, whatever a mint calls it', () => {
    expect([msatOf(3n, 'sat'), msatOf(3n, 'msat')]).toEqual([3_000n, 3n]);
    for (const unit of ['usd', 'SAT', 'constructor', '__proto__', ''])
      expect([msatOf(3n, unit), satOf(3n, unit), inUnit(3n, unit), hasKnownWorth(unit)]).toEqual([
        null,
        null,
        null,
        false,
      ]);
  });

  it('counts in sat, rounded up', () => {
    expect([satOf(7n, 'sat'), satOf(0n, 'msat'), satOf(1n, 'msat'), satOf(1_000n, 'msat')]).toEqual([
      7n,
      0n,
      1n,
      1n,
    ]);
    expect([satOf(1_001n, 'msat'), inUnit(100n, 'sat'), inUnit(100n, 'msat')]).toEqual([2n, 100n, 100_000n]);
  });

  it('decides which comes first: sat, msat, and then what the mint lists', () => {
    expect(inOrder(['usd', 'msat', 'eur', 'sat', 'usd'])).toEqual(['sat', 'msat', 'usd', 'eur']);
    expect(inOrder(['eur'])).toEqual(['eur']);
    expect(inOrder([])).toEqual([]);
  });
});

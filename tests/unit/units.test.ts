import { describe, expect, it } from '@jest/globals';
import { isWorth, msatOf } from '../../src/services/mint/units.ts';

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

  it('is known in msat for sat and msat, and for nothing else', () => {
    expect([msatOf(3n, 'sat'), msatOf(3n, 'msat'), msatOf(3n, 'usd')]).toEqual([3_000n, 3n, null]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { checkClock, checkIndexes } from '../../src/services/doctor/databaseChecks.ts';

describe('the clock of the database', () => {
  const start = Date.parse('2026-11-22T08:00:00Z');

  /** Asked at 0 and answered after `tookMs`, with a clock that is so far ahead when the answer is made half-way. */
  function skewed(aheadMs: number, tookMs: number) {
    let nowMs = start;
    const clock = async () => {
      nowMs = start + tookMs;
      return new Date(start + tookMs / 2 + aheadMs);
    };
    return checkClock({ clock }, () => new Date(nowMs));
  }

  test.each([
    [0, 4],
    [1_000, 0],
    [-1_000, 0],
    [2_900, 4_000],
  ])('%i ms ahead, told within %i ms, proves no skew', async (aheadMs, tookMs) => {
    expect(await skewed(aheadMs, tookMs)).toMatchObject([{ verdict: 'fine' }]);
  });

  test.each([
    [1_010, 4, 'ahead of'],
    [-5_000, 4, 'behind'],
    [4_000, 4_000, 'ahead of'],
  ])('%i ms, told within %i ms, is wrong: %s ours', async (aheadMs, tookMs, direction) => {
    const [finding] = await skewed(aheadMs, tookMs);
    expect(finding).toMatchObject({ verdict: 'wrong', says: expect.stringContaining(direction) });
  });

  test('that is not told is a notice', async () => {
    const findings = await checkClock({ clock: async () => null }, () => new Date(start));
    expect(findings).toMatchObject([{ verdict: 'notice' }]);
  });
});

test('an index that is not ours is a notice, since people may add some', async () => {
  const troubles = [{ collection: 'operations', missing: [], unknown: ['by_hand'] }];
  const findings = await checkIndexes({ indexTroubles: async () => troubles });
  expect(findings).toMatchObject([{ verdict: 'notice', subject: 'operations' }]);
});

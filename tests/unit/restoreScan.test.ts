import { describe, expect, it } from '@jest/globals';
import type { ScanProgress } from '../../src/models/wallet.ts';
import { nextIndices } from '../../src/services/restore/scan.ts';

/** Scans as a recovery does, at a mint that has signed these indices. @returns which of them were found */
function scan(signed: readonly number[], counter: number): { found: number[]; asked: number } {
  const found: number[] = [];
  let progress: ScanProgress = { next: 0, lastSigned: null, isBehind: false, done: false };
  let asked = 0;
  for (let batches = 0; batches < 1_000; batches += 1) {
    const indices = nextIndices(progress, counter);
    const last = indices.at(-1);
    if (last === undefined) return { found, asked };
    expect(indices.length).toBeLessThanOrEqual(100);
    expect(indices[0]).toBeGreaterThanOrEqual(progress.next);
    const here = indices.filter((index) => signed.includes(index));
    found.push(...here);
    asked += indices.length;
    progress = { ...progress, next: last + 1, lastSigned: here.at(-1) ?? progress.lastSigned };
  }
  throw new Error('a scan that never ends');
}

describe('a scan of what a mint has signed', () => {
  it.each([
    ['nothing', [], 0],
    ['a counter that is right', [0, 1, 2, 5, 9], 10],
    ['a counter that is far behind', [0, 150, 420, 700, 999], 2],
    ['a gap of almost 300 after the counter', [40, 349], 50],
    ['a gap of almost 300 after the last signature', [400, 700], 102],
    ['a gap below the counter that is longer than any', [3, 4_000], 4_100],
    [
      'the thousand that an earlier recovery left out, lost together with what came after',
      [80, 1_081, 1_300],
      20,
    ],
    ['that, twice', [80, 1_090, 2_150], 20],
    ['what follows it directly', [80, 1_380, 1_500], 20],
  ])('finds everything: %s', (_what, signed, counter) => {
    expect(scan(signed, counter).found).toEqual(signed);
  });

  it('asks about no more than it must', () => {
    expect(scan([], 0).asked).toBe(300);
    expect(scan([], 500).asked).toBe(800);
    expect(scan([499], 500).asked).toBe(500 + 300 + 300);
    expect(scan([10], 5_000).asked).toBe(5_300);
  });
});

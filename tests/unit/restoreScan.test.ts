import { describe, expect, it } from '@jest/globals';
import type { ScanProgress } from '../../src/models/wallet.ts';
import { counterAfter, nextIndices } from '../../src/services/restore/scan.ts';

/** Scans as a recovery does, at a mint that has signed these indices. @returns which of them were found */
function scan(signed: readonly number[], counter: number): { found: number[]; asked: number; after: number } {
  const found: number[] = [];
  let progress: ScanProgress = {
    next: 0,
    lastSigned: null,
    done: false,
    counter,
    isMoved: false,
  };
  let asked = 0;
  for (let batches = 0; batches < 1_000; batches += 1) {
    const indices = nextIndices(progress);
    const last = indices.at(-1);
    if (last === undefined) return { found, asked, after: counterAfter(progress) };
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
    ['what an earlier recovery left out, lost together with what came after', [80, 2_010, 2_300], 20],
    ['that, twice', [80, 2_010, 4_040], 20],
    ['that, where nothing was signed before', [1_010], 0],
    ['that, after three recoveries between which nothing was signed', [80, 4_040], 20],
  ])('finds everything: %s', (_what, signed, counter) => {
    expect(scan(signed, counter).found).toEqual(signed);
  });

  it('asks about no more than it must', () => {
    expect(scan([], 0).asked).toBe(300 + 3 * 50);
    expect(scan([], 500).asked).toBe(800 + 4 * 50);
    expect(scan([499], 500).asked).toBe(800 + 4 * 50);
    expect(scan([10], 5_000).asked).toBe(5_300 + 3 * 50);
  });

  it.each([
    ['nothing is signed', [], 0, 1_000],
    ['nothing is signed past the counter', [3], 40, 2_000],
    ['the mint has signed past the counter', [3, 1_200], 940, 3_000],
  ])(
    'moves the counter a thousand past whatever is used, to a whole thousand: %s',
    (_what, signed, counter, after) => {
      expect(scan(signed, counter).after).toBe(after);
    },
  );

  it('finds from any older backup what was signed where the counter had been moved to', () => {
    for (let lost = 0; lost < 2_500; lost += 130) {
      for (const older of [0, 10, 250]) {
        const signed = Array.from({ length: lost }, (_, index) => older + index);
        const { after } = scan(signed, older + lost + 200);
        expect(scan([...signed, after + 20], older).found).toContain(after + 20);
      }
    }
  });
});

import { describe, expect, test } from '@jest/globals';
import { isAmong, type RolloutFeature } from '../../src/models/rollout.ts';

const features: RolloutFeature[] = ['direct_melt', 'full_preflight'];
const wallets = Array.from({ length: 4_000 }, (_, number) => `wal_${number}`);
const among = (percent: number, feature: RolloutFeature) =>
  wallets.filter((walletId) => isAmong(percent, feature, walletId));

describe.each(features)('a share of the wallets for %s', (feature) => {
  test('is none, all, and about as many as it says', () => {
    expect(among(0, feature)).toEqual([]);
    expect(among(100, feature)).toEqual(wallets);
    for (const percent of [1, 10, 50, 90])
      expect(Math.abs(among(percent, feature).length / 40 - percent)).toBeLessThan(4);
  });

  test('that grows loses nobody, and one that shrinks wins nobody', () => {
    const shares = [1, 5, 20, 60, 100].map((percent) => new Set(among(percent, feature)));
    for (const [index, larger] of shares.entries())
      for (const smaller of shares.slice(0, index))
        for (const walletId of smaller) expect(larger.has(walletId)).toBe(true);
  });
});

test('not the same wallets are always the first', () => {
  const [direct, preflight] = features.map((feature) => new Set(among(50, feature)));
  const both = wallets.filter((walletId) => direct?.has(walletId) && preflight?.has(walletId));
  expect(Math.abs(both.length / 40 - 25)).toBeLessThan(4);
});

test('who is among them is the same in every version: wallets must not change sides by an update', () => {
  expect(among(1, 'direct_melt').slice(0, 3)).toEqual(['wal_3', 'wal_296', 'wal_517']);
});

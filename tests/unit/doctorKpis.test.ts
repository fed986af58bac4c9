import { describe, expect, test } from '@jest/globals';
import type { RecentMelt, StateCount } from '../../src/repositories/recentOperations.ts';
import { checkKpis } from '../../src/services/doctor/kpiChecks.ts';

const melt = (changed: Partial<RecentMelt> = {}): RecentMelt => ({
  state: 'settled',
  cause: null,
  quoteMs: 80,
  settlementMs: 700,
  ...changed,
});
const unpaid = (cause: string): RecentMelt => melt({ state: 'released', cause, settlementMs: null });
const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);

async function checked(melts: readonly RecentMelt[], states: readonly StateCount[] = []) {
  const reads = { recentMelts: async () => [...melts], recentStates: async () => [...states] };
  const findings = await checkKpis(reads, () => new Date('2026-11-22T08:00:00Z'));
  return new Map(findings.map((finding) => [finding.subject, finding]));
}

test('of fewer than twenty nothing is claimed, however bad they are', async () => {
  const findings = await checked(
    times(19, melt({ state: 'needs_attention', quoteMs: 9_000, settlementMs: 90_000 })),
    [{ state: 'released', count: 19 }],
  );
  for (const { verdict, says } of findings.values()) {
    expect(verdict).toBe('fine');
    expect(says).toMatch(/too few to say \(20 are needed\)\.$/);
  }
  expect([...findings.keys()]).toEqual(['payments', 'quotes', 'settlement', 'errors']);
});

describe('the share of payments that were made', () => {
  test.each([
    [100, 0, 'fine'],
    [96, 4, 'fine'],
    [95, 5, 'wrong'],
    [19, 1, 'wrong'],
  ])('%i paid and %i not is %s', async (paid, not, verdict) => {
    const findings = await checked([...times(paid, melt()), ...times(not, unpaid('NO_ROUTE'))]);
    expect(findings.get('payments')).toMatchObject({ verdict });
  });

  test('that is too small comes with what was in the way, the commonest first', async () => {
    const findings = await checked([
      ...times(20, melt({ state: 'paid' })),
      ...times(2, unpaid('NO_ROUTE')),
      ...times(3, unpaid('LIGHTNING_PAYMENT_FAILED')),
      melt({ state: 'needs_attention', settlementMs: null }),
      // Never asked for at the mint.
      ...times(9, melt({ state: 'cancelled', cause: 'NOT_STARTED', settlementMs: null })),
    ]);
    expect(findings.get('payments')?.says).toBe(
      '20 of 26 were paid in the last 24 hours (76.9 %; above 95 % is expected). Why not: LIGHTNING_PAYMENT_FAILED 3, NO_ROUTE 2, needs_attention 1.',
    );
  });
});

describe('the speed', () => {
  test('is that of half of them, whatever a few take', async () => {
    const slow = times(9, melt({ quoteMs: 20_000, settlementMs: 3_600_000 }));
    const findings = await checked([...times(11, melt()), ...slow]);
    expect(findings.get('quotes')).toMatchObject({ verdict: 'fine' });
    expect(findings.get('settlement')).toMatchObject({
      verdict: 'fine',
      says: '20 were paid in the last 24 hours, half of them within 700 ms and 95 % within 3600000 ms (the first below 5000 is expected).',
    });
  });

  test('that is too low is a notice, each for itself', async () => {
    const findings = await checked(times(20, melt({ quoteMs: 1_000, settlementMs: 4_999 })));
    expect(findings.get('quotes')).toMatchObject({ verdict: 'notice' });
    expect(findings.get('settlement')).toMatchObject({ verdict: 'fine' });
    const others = await checked(times(20, melt({ quoteMs: null, settlementMs: 5_000 })));
    expect(others.get('quotes')).toMatchObject({ verdict: 'fine', says: expect.stringContaining('too few') });
    expect(others.get('settlement')).toMatchObject({ verdict: 'notice' });
  });
});

describe('the share of errors', () => {
  const of = (released: number, ended: number) => [
    { state: 'released', count: released },
    { state: 'issued', count: ended - released },
  ];

  test.each([
    [4, 100, 'fine'],
    [5, 100, 'wrong'],
    [1, 20, 'wrong'],
  ])('%i of %i is %s', async (errors, all, verdict) => {
    expect((await checked([], of(errors, all))).get('errors')).toMatchObject({ verdict });
  });

  test('counts no invoice that nobody paid, and no token that the mint refused', async () => {
    const states = [...of(1, 25), { state: 'expired', count: 900 }, { state: 'refused', count: 900 }];
    expect((await checked([], states)).get('errors')?.says).toMatch(/^1 of 25 operations .*\(4\.0 %;/);
  });
});

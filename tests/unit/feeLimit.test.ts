import { describe, expect, it } from '@jest/globals';
import { feeLimit, feeTooHigh } from '../../src/services/melt/feeLimit.ts';

const config = { feeCapBase: 100n, feeCapPercent: 10n };
const unbounded = { maxFee: undefined, maxTotal: undefined };

const limitFor = (unit: string, amount: bigint, said: { maxFee?: bigint; maxTotal?: bigint } = {}) =>
  feeLimit({ unit }, { amount }, { ...unbounded, ...said }, config);

describe('What a payment may cost besides its amount', () => {
  it('is so many sat and a part of the amount, whatever the wallet counts in', () => {
    expect(limitFor('sat', 1_000n)).toEqual({ setBy: 'server', amount: 200n });
    expect(limitFor('msat', 1_000_000n)).toEqual({ setBy: 'server', amount: 200_000n });
    expect(limitFor('usd', 1_000n)).toEqual({ setBy: 'server', amount: 102n });
  });

  it('is the lowest of what server and client allow', () => {
    expect(limitFor('sat', 100n, { maxFee: 111n, maxTotal: 211n })).toMatchObject({ setBy: 'server' });
    expect(limitFor('sat', 100n, { maxFee: 9n, maxTotal: 110n })).toEqual({ setBy: 'maxFee', amount: 9n });
    const byTotal = { setBy: 'maxTotal', amount: 9n, maxTotal: 109n };
    expect(limitFor('sat', 100n, { maxFee: 10n, maxTotal: 109n })).toEqual(byTotal);
  });

  it('is below nothing where the amount alone is too much, and told as nothing', () => {
    const limit = limitFor('usd', 100n, { maxTotal: 90n });
    expect(limit).toEqual({ setBy: 'maxTotal', amount: -10n, maxTotal: 90n });
    const refusal = feeTooHigh(0n, 100n, limit, 'usd');
    expect(refusal.members).toEqual({ fee: 0, limit: 0, total: 100, maxTotal: 90 });
    expect(refusal.message).toBe(
      'Paying this invoice may cost up to 100 usd with fees, and maxTotal is 90 usd. Nothing was paid; raise maxTotal if that is what it may cost, or use another invoice.',
    );
  });
});

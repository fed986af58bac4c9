import { describe, expect, it } from '@jest/globals';
import { expectBalancedBooks, member, unhurried } from '../support/money.ts';
import { startWorld } from '../support/world.ts';

describe.each([
  ['00', 0],
  ['00', 100],
  ['00', 1000],
  ['01', 0],
  ['01', 100],
  ['01', 1000],
] as const)(
  'paying with a keyset of version %s that takes %d ppk per input',
  (keysetVersion, inputFeePpk) => {
    it('costs what the mint took, to the unit, and never more than was quoted', async () => {
      const world = await startWorld({
        env: unhurried,
        simulator: { keysetVersion, inputFeePpk, feeReserveMinSat: 4 },
      });
      try {
        const wallet = await world.wallet(1000, 37);
        const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
        const { body: quote } = await world.call('POST', `${wallet.at}/melt/quote`, { invoice });
        const dearest = Number(quote['total']) - 210;
        expect(await wallet.melt(invoice, { maxFee: dearest - 1 })).toMatchObject({
          status: 400,
          body: { code: 'FEE_TOO_HIGH', fee: dearest, limit: dearest - 1 },
        });
        const before = await world.sim.ledger();
        const { status, body } = await wallet.melt(invoice, { maxFee: dearest });
        const { feesCollected } = await world.sim.ledger();
        const inputFees = feesCollected - before.feesCollected;
        expect({ status, ...body }).toMatchObject({ status: 200, paidAmount: 210, feesPaid: 1 + inputFees });
        expect(inputFees > 0).toBe(inputFeePpk > 0);
        expect(Number(quote['total'])).toBe(210 + Number(quote['feeReserve']) + Number(quote['inputFee']));
        expect(Number(body['feesPaid'])).toBeLessThanOrEqual(Number(quote['total']) - 210);
        const change = Number(body['changeAmount']);
        expect(Number(member(body, 'atomicResult', 'keep_amount'))).toBeGreaterThan(0);
        expect(await wallet.balance()).toMatchObject({ totalBalance: 1037 - 210 - 1 - inputFees });
        expect(change).toBeLessThan(1037);
        await expectBalancedBooks(world);

        const whole = await world.sim.invoice({ amount: 700 });
        const drained = await wallet.melt(whole.invoice);
        expect(drained.status).toBe(200);
        await expectBalancedBooks(world);
      } finally {
        await world.end();
      }
    });
  },
);

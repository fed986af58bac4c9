import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startWorld, type World } from '../support/world.ts';

describe('paying an invoice', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    const { outstanding, balance } = await world.sim.ledger();
    expect(balance.ok).toBe(true);
    const held = await world.context.database.tokens.aggregate([
      { $match: { status: 'unspent' } },
      { $group: { _id: null, sum: { $sum: '$total_amount' } } },
    ]);
    expect(held[0]?.sum ?? 0).toBe(outstanding);
  });

  it('with a swap and Lightning change, it answers 200 in the shape of the contract', async () => {
    const wallet = await world.wallet(1000);
    const { invoice } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    const paid = await wallet.melt(invoice);
    expect(paid).toMatchObject({
      status: 200,
      body: {
        success: true,
        paymentResult: 'PAID',
        paidAmount: 210,
        feesPaid: 1,
        changePending: false,
        preimageVerified: true,
      },
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 789, reservedBalance: 0 });
  });
});

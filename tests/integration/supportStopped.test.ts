import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decidingIn } from '../support/deciding.ts';
import { liar } from '../support/liar.ts';
import { timesPaid } from '../support/money.ts';
import type { World } from '../support/world.ts';

const mint = liar();
let world: World;
beforeAll(async () => {
  world = await mint.start();
});
afterAll(() => world.end());
afterEach(() => {
  mint.lie = null;
});

const { decide, comesToLater, stored, reportsOf, restored, hanging } = decidingIn(mint, () => world);

describe('a payment that was given up and then went through', () => {
  it('is not fenced once a restore has found its change, whether that was spent or not', async () => {
    const { wallet, id, paymentHash } = await hanging();
    await decide(id, 'write_off');
    await world.sim.settle(paymentHash, 'paid');
    await restored(wallet);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
    const refused = {
      status: 409,
      body: { message: expect.stringContaining('what the mint gave for its ecash') },
    };
    expect(await decide(id, 'fence')).toMatchObject(refused);
    expect((await world.call('POST', `${wallet.at}/send`, { amount: 302 })).status).toBe(200);
    expect(await decide(id, 'fence')).toMatchObject(refused);
    expect((await stored(id))?.state).toBe('written_off');
    const { reports } = world.context.database;
    expect(await reports.countDocuments({ npub: wallet.npub, code: 'STORE_BEHIND_MINT' })).toBe(0);
  });
});

describe('a payment whose booking can never succeed', () => {
  it('is stopped and reported, and goes on once a person has put it right and decided so', async () => {
    const { wallet, id, paymentHash } = await hanging();
    const { tokens } = world.context.database;
    const [another] = await tokens.find({ npub: wallet.npub }).lean();
    if (another === undefined) throw new Error('the wallet has no token');
    const { proofs: _, ...inTheWay } = another;
    const transaction_id = `${id}_melt_change`;
    await tokens.create({
      ...inTheWay,
      _id: 'tok_in_the_way',
      status: 'failed',
      total_amount: 0n,
      transaction_id,
    });
    await world.sim.settle(paymentHash, 'paid');
    await comesToLater(wallet, id, 'needs_attention');
    expect(await reportsOf(id)).toContainEqual(
      expect.objectContaining({
        code: 'CRITICAL_MELT_FAILURE',
        status: 'open',
        summary: expect.stringContaining('is in another token already'),
      }),
    );
    await tokens.deleteOne({ _id: 'tok_in_the_way' });
    expect((await decide(id, 'fence')).body).toMatchObject({ outcome: 'DECIDED' });
    await comesToLater(wallet, id, 'settled');
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });
});

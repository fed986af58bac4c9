import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askedOfMint, expectBalancedBooks, proofsOf, timesPaid, unhurried } from '../support/money.ts';
import { discrepanciesOf } from '../support/preflight.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

/** Both features with no wallet at first; `wide`: another instance, on which they have all, as after a restart. */
let world: World;
let wide: string;
beforeAll(async () => {
  world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: {
      ...unhurried,
      CRUCIBLE_ANSWER_WITHIN_MS: '15000',
      CRUCIBLE_DIRECT_MELT_PERCENT: '0',
      CRUCIBLE_FULL_PREFLIGHT_PERCENT: '0',
    },
  });
  Object.assign(world.env, { CRUCIBLE_DIRECT_MELT_PERCENT: '100', CRUCIBLE_FULL_PREFLIGHT_PERCENT: '100' });
  wide = (await world.instance()).url;
});
afterAll(() => world.end());

async function pays(
  wallet: TestWallet,
  amount: number,
  url = world.url,
  limits: { maxFee?: number } = {},
): Promise<{ swaps: number }> {
  const before = await askedOfMint(world, '/v1/swap');
  const { invoice, paymentHash } = await world.sim.invoice({ amount });
  const paid = await wallet.melt(invoice, limits, {}, url);
  expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  expect(await timesPaid(world, paymentHash)).toBe(1);
  return { swaps: (await askedOfMint(world, '/v1/swap')) - before };
}

describe('direct melts', () => {
  it('are none in a wallet that is not among the share, and come and go with it', async () => {
    // 60 and a reserve of 4 are exactly one proof.
    const wallet = await world.wallet(64, 64, 64, 64, 128);
    expect(await pays(wallet, 60)).toEqual({ swaps: 1 });
    expect(await pays(wallet, 60, wide)).toEqual({ swaps: 0 });
    expect(await pays(wallet, 60)).toEqual({ swaps: 1 });
    await expectBalancedBooks(world);
  });

  it('happen all the same where there is not enough for a swap: nobody’s money is stuck by it', async () => {
    await world.sim.rotate({ inputFeePpk: 1000 });
    const wallet = await world.wallet(64);
    // One proof: its own fee of 1 can be paid, and that of a swap besides it cannot.
    expect(await pays(wallet, 59)).toEqual({ swaps: 0 });
    await world.sim.rotate({ inputFeePpk: 0 });
  });

  it('happen all the same where a swap would cost more than the payment may: none is refused for being outside', async () => {
    await world.sim.rotate({ inputFeePpk: 1000 });
    const wallet = await world.wallet(64, 64, 64, 64);
    // 59, a reserve of 4 and a fee of 1 are one proof; a swap would have fees of its own.
    expect(await pays(wallet, 59, world.url, { maxFee: 5 })).toEqual({ swaps: 0 });
    expect(await pays(wallet, 59)).toEqual({ swaps: 1 });
    const { invoice } = await world.sim.invoice({ amount: 59 });
    expect(await wallet.melt(invoice, { maxFee: 4 })).toMatchObject({ body: { code: 'FEE_TOO_HIGH' } });
    await world.sim.rotate({ inputFeePpk: 0 });
  });
});

describe('the look at other proofs before a payment', () => {
  const found = async (wallet: TestWallet) => JSON.stringify(await discrepanciesOf(world, wallet.npub));

  it('is not made in a wallet that is not among the share, and is made again on the way back', async () => {
    const wallet = await world.wallet(64, 64, 64, 64, 64);
    const before = await proofsOf(world, wallet.npub);
    await pays(wallet, 60, wide);
    const left = new Set((await proofsOf(world, wallet.npub)).map(({ Y }) => Y));
    const spent = before.map(({ Y }) => Y).filter((Y) => !left.has(Y));
    await world.sim.forget(spent);
    await pays(wallet, 30);
    expect(await found(wallet)).not.toContain('DB_SPENT_MINT_UNSPENT');
    await pays(wallet, 30, wide);
    expect(await found(wallet)).toContain('DB_SPENT_MINT_UNSPENT');
  });

  it('has nothing to do with the proofs of the payment itself, which are compared always', async () => {
    const wallet = await world.wallet(64);
    const [proof] = await proofsOf(world, wallet.npub);
    if (proof === undefined) throw new Error('no proof');
    await world.sim.spendOutside([{ secret: proof.secret, amount: 64, id: proof.keysetId }]);
    const { invoice } = await world.sim.invoice({ amount: 30 });
    expect(await wallet.melt(invoice)).toMatchObject({
      status: 400,
      body: { code: 'PROOF_STATE_INCONSISTENCY' },
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unhurried } from '../support/money.ts';
import { emptied, expectRestored, recreated } from '../support/restoring.ts';
import { expectLedgerAgrees, sendToken, tokensOf } from '../support/tokens.ts';
import { startWorld, type World } from '../support/world.ts';

describe('a server whose curve arithmetic is done on two threads', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 20, inputFeePpk: 100 },
      env: { ...unhurried, CRUCIBLE_CURVE_THREADS: '2', CRUCIBLE_ANSWER_WITHIN_MS: '60000' },
    });
  });
  afterAll(() => world.end());

  it('pays twenty invoices at once, each once, and has all the change', async () => {
    const wallets = await Promise.all(Array.from({ length: 20 }, () => world.wallet(1_000)));
    const payments = await Promise.all(
      wallets.map(async (wallet) => {
        const { invoice } = await world.sim.invoice({ amount: 333, routingFeeSat: 2 });
        return (await wallet.melt(invoice)).body;
      }),
    );
    expect(payments.map(({ paymentResult }) => paymentResult)).toEqual(Array(20).fill('PAID'));
    await expectLedgerAgrees(world);
  });

  it('hands a token on, and finds all of it again by the mnemonic alone', async () => {
    const [giver, taker] = [await world.wallet(1_000), await world.wallet()];
    const { text } = await sendToken(world, giver, 210);
    const { status, body } = await tokensOf(world, taker).receive(text);
    expect(status).toBe(200);
    await expectLedgerAgrees(world);
    const after = await emptied(world);
    const again = await recreated(after, taker);
    await expectRestored(after, again, Number(body['totalAmount']));
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { leaksIn } from '../support/leakScan/looks.ts';
import { proofsOf, tokensOf } from '../support/money.ts';
import { conflictCases } from '../support/refusals/cases/conflicts.ts';
import { failureCases } from '../support/refusals/cases/failures.ts';
import { moneyCases } from '../support/refusals/cases/money.ts';
import { byName } from '../support/refusals/cases.ts';
import { expectRefusal, expectSettled } from '../support/refusals/expectRefusal.ts';
import { openStage, type Stage } from '../support/refusals/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ simulator: { feeReserveMinSat: 4 } });
});
afterAll(() => stage.end());

describe('a payment is refused because of', () => {
  describe('money', () => {
    it.each(byName(moneyCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('what is under way, or was', () => {
    it.each(byName(conflictCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });

  describe('Lightning, or what the mint says of it', () => {
    it.each(byName(failureCases))('%s', (_name, refusal) => expectRefusal(stage, refusal));
  });
});

it('the scanner finds real secrets where they are planted, and none where they are not', async () => {
  const { world, wallet, known, bearer } = stage;
  const refused = await stage.melt(wallet, 'lnbc1');
  expect(leaksIn(refused.text, known)).toEqual([]);
  const [proof] = await proofsOf(world, wallet.npub);
  const [token] = await tokensOf(world, wallet.npub);
  const { authorization } = await bearer(['admin']);
  const secrets = [
    proof?.secret,
    proof?.C,
    proof?.dleq?.e,
    proof?.dleq?.r,
    token?.proofs?.[0]?.sealed,
    authorization,
    world.env.CRUCIBLE_MNEMONIC,
    world.env.CRUCIBLE_MASTER_KEY,
    world.env.MONGODB_URI,
    new URL(world.env.MONGODB_URI).host,
    new Error('boom').stack,
    process.cwd(),
  ];
  for (const secret of secrets) {
    expect(secret).toEqual(expect.any(String));
    const body = JSON.stringify({ ...refused.body, detail: `Nothing was paid: ${secret}.` });
    expect({ secret, found: leaksIn(body, known).length > 0 }).toEqual({ secret, found: true });
  }
});

it('an invoice in capitals, over no whole number of sats, is none of these: it is paid, rounded up', async () => {
  const { invoice } = await stage.world.sim.invoice({ amountMsat: 100_500 });
  const paid = await stage.melt(stage.wallet, invoice.toUpperCase());
  expect(paid).toMatchObject({ status: 200, body: { paidAmount: 101 } });
});

it('after all that, everything has come to its end and the books agree', () => expectSettled(stage));

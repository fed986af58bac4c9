import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import { comesTo } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { recoveryOf } from '../support/rolledBack.ts';
import { answer, posts, tellingMint } from '../support/tellingMint.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

let mint: ReturnType<typeof tellingMint>;
let world: World;
let wallet: TestWallet;
beforeEach(async () => {
  mint = tellingMint();
  world = await mint.start({ feeReserveMinSat: 4 }, { CRUCIBLE_ANSWER_WITHIN_MS: '1000' });
  wallet = await world.wallet(512, 256);
});
afterEach(() => world.end());

/** A payment that is under way, and of which nothing will come back: no signature shows that it was paid. */
async function hang(): Promise<{ id: unknown; paymentHash: string; feeReserve: number }> {
  const probe = await world.sim.invoice({ amount: 210 });
  const quoted = await world.call('POST', `${wallet.at}/melt/quote`, { invoice: probe.invoice });
  const feeReserve = Number(quoted.body['feeReserve']);
  const wishes = { amount: 210, behaviour: 'pending' as const, routingFeeSat: feeReserve };
  const { invoice, paymentHash } = await world.sim.invoice(wishes);
  const id = (await wallet.melt(invoice)).body['transactionId'];
  await comesTo(wallet, id, 'pending');
  return { id, paymentHash, feeReserve };
}

/** It goes through while the mint errs about its quote, for long enough to be given up. */
async function expectPaid({ id, paymentHash, feeReserve }: Awaited<ReturnType<typeof hang>>): Promise<void> {
  await world.sim.addFaults({ fault: 'lie_unpaid', times: null });
  await world.sim.settle(paymentHash, 'paid');
  await until(
    async () => (await recoveryOf(world, wallet.npub))?.recovery?.state === 'watching',
    'the wallet free again, and its recovery waiting for the payment',
    40_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // eight times the fence's delay
  expect((await wallet.status(id)).body).toMatchObject({ status: 'PENDING', state: 'pending' });
  await world.sim.clearFaults();
  expect((await comesTo(wallet, id, 'paid')).body).toMatchObject({
    status: 'PAID',
    paidAmount: 210,
    feesPaid: feeReserve,
  });
  expect(await timesPaid(world, paymentHash)).toBe(1);
}

it('a payment that goes through while the mint errs about its quote is not called failed, though a mistake about proofs has its wallet under recovery', async () => {
  const hanging = await hang();
  const walletId = (await recoveryOf(world, wallet.npub))?._id ?? '';
  await createRecoveryRepository(world.context.database).require(walletId, 'spent_proofs', new Date());
  await expectPaid(hanging);
}, 90_000);

it('nor though it was a mistake about outputs, and what is signed at once after that is the wallet’s own', async () => {
  const hanging = await hang();
  const known = mint.sent.map(({ body }) => body ?? '').join();
  const isOver = Promise.withResolvers<void>();
  let isAsked = false;
  mint.tale = (request) => {
    if (isAsked || !posts(request, '/v1/restore')) return undefined;
    const { outputs }: { outputs: { id: string; B_: string }[] } = JSON.parse(request.body ?? '');
    if (outputs.some(({ B_ }) => known.includes(B_))) return undefined;
    isAsked = true;
    return isOver.promise.then(() => answer(200, { outputs, signatures: outputs.map(garbled) }));
  };
  const { invoice } = await world.sim.invoice({ amount: 100 });
  const payment = wallet.melt(invoice);
  await until(async () => isAsked, 'the question whether its outputs are new');
  await wallet.fund(64);
  isOver.resolve();
  await payment;
  const reason = async () => (await recoveryOf(world, wallet.npub))?.recovery?.reason;
  await until(async () => (await reason()) === 'signed_outputs', 'the mistake');
  await expectPaid(hanging);
}, 90_000);

/** On the curve, and no signature of anything (NUT-12). */
const garbled = ({ id }: { id: string }) => ({
  id,
  amount: 1,
  C_: '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
  dleq: { e: '11'.repeat(32), s: '11'.repeat(32) },
});

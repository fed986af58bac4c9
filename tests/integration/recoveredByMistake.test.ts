import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import { comesTo } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { recoveryOf } from '../support/rolledBack.ts';
import { startWorld, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: { CRUCIBLE_ANSWER_WITHIN_MS: '1000' },
  });
});
afterAll(() => world.end());

it('a payment that goes through while the mint errs about its quote is not called failed, though a mistake about proofs has its wallet under recovery', async () => {
  const wallet = await world.wallet(512);
  const probe = await world.sim.invoice({ amount: 210 });
  const quoted = await world.call('POST', `${wallet.at}/melt/quote`, { invoice: probe.invoice });
  const feeReserve = Number(quoted.body['feeReserve']);
  // Nothing comes back of it: no signature shows that it was paid.
  const { invoice, paymentHash } = await world.sim.invoice({
    amount: 210,
    behaviour: 'pending',
    routingFeeSat: feeReserve,
  });
  const id = (await wallet.melt(invoice)).body['transactionId'];
  await comesTo(wallet, id, 'pending');
  const walletId = (await recoveryOf(world, wallet.npub))?._id ?? '';
  await createRecoveryRepository(world.context.database).require(walletId, 'spent_proofs', new Date());
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
});

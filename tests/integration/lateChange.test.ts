import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startWorld, until, type World } from '../support/world.ts';

const dayMs = 24 * 3_600_000;
let world: World;
let aheadMs: number;

beforeEach(async () => {
  aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  world = await startWorld({ simulator: { feeReserveMinSat: 8 }, overrides: { now } });
});
afterEach(() => world.end());

it('when the mint is silent for over a day, its late change is still waited for and credited once', async () => {
  const wallet = await world.wallet(500);
  await world.sim.addFaults({ fault: { kind: 'change_late', afterMs: 3_000 } });
  const { invoice } = await world.sim.invoice({ amount: 100, routingFeeSat: 1 });
  const paid = await wallet.melt(invoice);
  expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });

  await world.sim.addFaults({
    match: { path: '/v1/*' },
    fault: { kind: 'status', status: 503, body: null, retryAfterSeconds: null },
    times: null,
  });
  aheadMs = 25 * 3_600_000;
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect((await wallet.status(paid.body['transactionId'])).body).toMatchObject({
    state: 'paid',
    changePending: true,
  });

  await world.sim.clearFaults();
  aheadMs += 2 * dayMs;
  const look = async () => (await wallet.status(paid.body['transactionId'])).body;
  await until(async () => (await look())['state'] === 'settled', 'the change');
  const { outstanding, balance } = await world.sim.ledger();
  expect(balance.ok).toBe(true);
  expect(await wallet.balance()).toMatchObject({ totalBalance: outstanding, reservedBalance: 0 });
  expect(outstanding).toBe(399);
});

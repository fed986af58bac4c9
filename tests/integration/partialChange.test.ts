import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { startWorld, until, type World } from '../support/world.ts';

let world: World;
let aheadMs = 0;

/** A mint whose reply proves all of the change but one signature, and that never names any of it again. */
const forgetful: Transport = async (request) => {
  const reply = await httpTransport(request);
  if (reply.kind === 'lost') return reply;
  const body = JSON.parse(reply.body);
  if (request.url.endsWith('/v1/melt/bolt11') && Array.isArray(body.change)) delete body.change.at(-1)?.dleq;
  else if (request.url.includes('/v1/melt/quote/')) delete body.change;
  else if (request.url.endsWith('/v1/restore')) Object.assign(body, { outputs: [], signatures: [] });
  else return reply;
  return { ...reply, body: JSON.stringify(body) };
};

beforeAll(async () => {
  const now = () => new Date(Date.now() + aheadMs);
  world = await startWorld({ simulator: { feeReserveMinSat: 8 }, overrides: { now, transport: forgetful } });
});
afterAll(() => world.end());

it('change that verified in the reply is credited after a day, though the mint never names it again', async () => {
  const wallet = await world.wallet(500);
  const { invoice } = await world.sim.invoice({ amount: 100, routingFeeSat: 1 });
  const paid = await wallet.melt(invoice);
  expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID', changePending: true } });
  aheadMs = 25 * 3_600_000;
  const look = async () => (await wallet.status(paid.body['transactionId'])).body;
  await until(async () => (await look())['state'] === 'settled', 'the settling');
  // 7 come back as 1, 2 and 4; the one without a proof is not credited.
  expect((await look())['atomicResult']).toMatchObject({ melt_change_amount: 3 });
  const report = await world.context.database.reports.findOne({ code: 'CHANGE_DOES_NOT_VERIFY' }).lean();
  expect(report).toMatchObject({ severity: 'HIGH', transaction_id: paid.body['transactionId'] });
});

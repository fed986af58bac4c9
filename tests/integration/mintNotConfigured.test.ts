import { afterEach, expect, it, jest } from '@jest/globals';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { createLogger } from '../../src/logger.ts';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import { heldPayment } from '../support/waiting.ts';
import { startWorld, until, type World } from '../support/world.ts';

let world: World;
let other: Simulator;
afterEach(async () => {
  await world.end();
  await other.close();
});

it('a mint that is taken out of the configuration: what waits for it rests, people are told once, and it goes on when the mint is back', async () => {
  world = await startWorld({ env: { CRUCIBLE_ANSWER_WITHIN_MS: '600' } });
  other = await startSimulator({});
  const { MINT_URL } = world.env;
  const held = await heldPayment(world);
  for (let count = 0; count < 5; count += 1)
    await world.call('POST', `${held.wallet.at}/mint`, { amount: 10 });
  const { wallets } = world.context.database;
  const owner = await wallets.findOne({ npub: held.wallet.npub }).lean<{ _id: string }>();
  await createRecoveryRepository({ wallets }).require(String(owner?._id), 'asked', new Date());
  await until(
    async () => (await wallets.countDocuments({ 'recovery.state': 'watching' })) === 1,
    'it recovers',
    40_000,
  );
  await world.stop();

  world.env.MINT_URL = other.url;
  const warnings: string[] = [];
  const logger = createLogger('silent');
  jest.spyOn(logger, 'warn').mockImplementation((message: unknown) => {
    warnings.push(String(message));
    return logger;
  });
  const hours = (count: number) => () => new Date(Date.now() + count * 3_600_000);
  const without = await world.instance({ now: hours(2), logger });
  const told = () => without.context.database.reports.find({ code: 'MINT_NOT_CONFIGURED' }).lean();
  await until(async () => (await told()).length > 0, 'the report');
  const looked = () => without.context.database.operations.find({}, { due_at: 1, version: 1 }).lean();
  const before = await looked();
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // that nothing is looked at can only be waited for
  expect(await looked()).toEqual(before);
  expect(await told()).toMatchObject([
    {
      severity: 'HIGH',
      status: 'open',
      count: 1,
      details: { mintUrl: MINT_URL, openOperations: 6, recoveringWallets: 1 },
      summary: expect.stringContaining(`wait for the mint ${MINT_URL}`),
    },
  ]);
  expect(warnings).toEqual(['operations wait for a mint that is not configured']);
  await without.stop();

  world.env.MINT_URL = `${other.url},${MINT_URL}`;
  await world.sim.settle(held.paymentHash, 'paid');
  const again = await world.instance({ now: hours(3) });
  const closed = () =>
    again.context.database.reports.countDocuments({ code: 'MINT_NOT_CONFIGURED', status: 'closed' });
  await until(async () => (await closed()) === 1, 'the report being closed');
  await until(
    async () =>
      (await again.context.database.operations.countDocuments({ kind: 'melt', state: 'settled' })) === 1,
    'the payment',
  );
});

it('the server that told of it is away when what waited ends: the report is closed all the same', async () => {
  world = await startWorld();
  other = await startSimulator({});
  const wallet = await world.wallet();
  await world.call('POST', `${wallet.at}/mint`, { amount: 10 });
  await world.stop();
  world.env.MINT_URL = other.url;
  const inTwoHours = () => new Date(Date.now() + 7_200_000);
  const report = async ({ database }: World['context']) =>
    (await database.reports.findOne({ code: 'MINT_NOT_CONFIGURED' }).lean())?.status;
  const first = await world.instance({ now: inTwoHours });
  await until(async () => (await report(first.context)) === 'open', 'the report');
  const ended = { $set: { state: 'expired' }, $unset: { open: 1 } };
  const { operations } = first.context.database;
  expect(await operations.updateMany({ open: true }, ended)).toMatchObject({ modifiedCount: 1 });
  await first.stop(); // long before its next round

  const second = await world.instance({ now: inTwoHours });
  await until(async () => (await report(second.context)) === 'closed', 'the report being closed');
});

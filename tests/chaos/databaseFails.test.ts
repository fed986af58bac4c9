import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAllSettled } from '../support/mischief.ts';
import { expectRealMoney, timesPaid } from '../support/money.ts';
import type { Failure } from '../support/nodes.ts';
import {
  balanceAgain,
  brokenAt,
  type Outage,
  openOutage,
  paidWhileBroken,
  reportOf,
  settledWithinMs,
  untilSettled,
} from '../support/outage.ts';
import { type Reply, until } from '../support/world.ts';

let outage: Outage;
beforeAll(async () => {
  outage = await openOutage(1);
});
afterAll(() => outage.end());
afterEach(async () => {
  await outage.nodes.heal();
  await expectAllSettled(outage.world);
});

const writes = ['insert', 'update', 'findAndModify', 'delete'];
const diskFull = { failCommands: writes, errorCode: 14_031 };

/** What the primary does to commands of the server; fail point `failCommand`. */
const troubles: [trouble: string, failure: Failure][] = [
  ['has no room on its disk', diskFull],
  ['drops connections as it is written to', { failCommands: writes, closeConnection: true }],
  ['runs out of time', { failCommands: [...writes, 'find'], errorCode: 50 }],
  [
    'never confirms a commit',
    { failCommands: ['commitTransaction'], errorCode: 50, errorLabels: ['UnknownTransactionCommitResult'] },
  ],
  [
    'confirms no write as kept by a majority',
    {
      failCommands: [...writes, 'commitTransaction'],
      writeConcernError: { code: 64, errmsg: 'waiting timed out' },
    },
  ],
];

describe.each(troubles)('a database that %s', (_trouble, failure) => {
  const breakDown = () => outage.nodes.fail({ ...failure, appName: outage.world.context.database.appName });

  it('before the mint is asked: refused, and nothing is reserved or paid', async () => {
    const { world, nodes } = outage;
    const wallet = await world.wallet(300);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    const ask = () => wallet.melt(invoice);
    const reply = await brokenAt(outage, '/v1/melt/quote/bolt11', ask, breakDown);
    expectUnavailable(reply);
    const moved = ['/v1/swap', '/v1/melt/bolt11'];
    expect((await world.sim.requests()).filter(({ path }) => moved.includes(path))).toEqual([]);
    await nodes.heal();
    expect(await balanceAgain(wallet)).toMatchObject({ totalBalance: 300, reservedBalance: 0 });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    await until(async () => (await reportOf(outage, reply)) !== null, 'its report');
  });

  it('after the mint has paid: the client is told, and it settles by itself', async () => {
    const { world, nodes } = outage;
    const payment = await paidWhileBroken(outage, breakDown);
    await nodes.heal();
    expect(await untilSettled(outage, payment)).toBeLessThan(settledWithinMs);
    expect(await timesPaid(world, payment.paymentHash)).toBe(1);
    expect(await payment.wallet.balance()).toMatchObject({ totalBalance: 412, reservedBalance: 0 });
    await expectRealMoney(world, payment.wallet.npub);
  });
});

it('a database that is slow: the payment takes its time, and is made once', async () => {
  const { world, nodes } = outage;
  const wallet = await world.wallet(300);
  const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
  const slow = { failCommands: [...writes, 'find', 'commitTransaction'] };
  await nodes.fail({ ...slow, blockConnection: true, blockTimeMS: 150 });
  expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
  expect(await timesPaid(world, paymentHash)).toBe(1);
});

function expectUnavailable(reply: Reply): void {
  expect(reply).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE', retryable: true } });
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
}

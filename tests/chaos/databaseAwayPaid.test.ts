import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { startServerProcess } from '../support/crash/serverProcess.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { expectRealMoney, timesPaid } from '../support/money.ts';
import {
  idOf,
  type Outage,
  openOutage,
  type PaidAlone,
  paidWhileBroken,
  reportOf,
  settledWithinMs,
  untilSettled,
} from '../support/outage.ts';
import { until } from '../support/world.ts';

let outage: Outage;
let comeBack: () => Promise<void>;
beforeAll(async () => {
  outage = await openOutage(3);
});
afterAll(() => outage.end());
afterEach(() => expectAllSettled(outage.world));

const loseMajority = async () => {
  comeBack = await outage.nodes.killMajority();
};

it('no primary any more when the mint has paid: the client is told, and all of it settles by itself', async () => {
  const { world } = outage;
  const payment = await paidWhileBroken(outage, loseMajority);
  await expectSpooled(payment);
  await comeBack();
  expect(await untilSettled(outage, payment)).toBeLessThan(settledWithinMs);
  expect(await timesPaid(world, payment.paymentHash)).toBe(1);
  expect(await payment.wallet.balance()).toMatchObject({ totalBalance: 412, reservedBalance: 0 });
  expect(await reportOf(outage, payment.reply)).toMatchObject({ count: 1 });
  await expectRealMoney(world, payment.wallet.npub);
  await until(async () => (await readdir(world.env.CRUCIBLE_SPOOL_DIR)).length === 0, 'an empty spool');
});

it('and the server is killed before it is back: another one files the report, and closes it', async () => {
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'crucible-outage-'));
  const server = await startServerProcess(cacheDirectory);
  try {
    const url = await server.open(outage.world.env);
    const payment = await paidWhileBroken(outage, loseMajority, url);
    await server.kill();
    await comeBack();
    await untilSettled(outage, payment);
    expect(await reportOf(outage, payment.reply)).toMatchObject({ count: 1 });
  } finally {
    await server.kill();
    await rm(cacheDirectory, { recursive: true });
  }
});

/** On disk for its owner alone, and of no use to a thief. */
async function expectSpooled({ wallet, reply }: PaidAlone): Promise<void> {
  const { CRUCIBLE_SPOOL_DIR: directory, CRUCIBLE_MASTER_KEY, CRUCIBLE_MNEMONIC } = outage.world.env;
  const [file = '', ...others] = await readdir(directory);
  expect(others).toEqual([]);
  expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  const content = await readFile(join(directory, file), 'utf8');
  expect(content).toContain(idOf(reply));
  expect(content).toContain(wallet.npub);
  for (const secret of [CRUCIBLE_MASTER_KEY, CRUCIBLE_MNEMONIC, '"secret"', '"C"', 'blinding'])
    expect(content).not.toContain(secret);
}

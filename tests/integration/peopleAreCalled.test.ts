import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo } from '../support/mischief.ts';
import { askedOfMint, outside, timesPaid } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { startWorld, until, untilLater, type World } from '../support/world.ts';

const hourMs = 3_600_000;

describe('a payment that does not end by itself for an hour', () => {
  let world: World;
  let aheadMs = 0;
  beforeAll(async () => {
    const clock = () => Date.now() + aheadMs;
    world = await startWorld({
      simulator: { feeReserveMinSat: 4, clock },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '120000' },
      overrides: { now: () => new Date(clock()) },
    });
  });
  afterAll(() => world.end());
  afterEach(() => world.sim.clearFaults());

  /** The longer an operation is open, the more rarely it is looked at: so the clock runs on. */
  const timePassesUntil = (isSo: () => Promise<boolean>, what: string): Promise<void> =>
    untilLater(
      () => {
        aheadMs += 2_000;
      },
      isSo,
      what,
      30_000,
    );

  const reportsOf = (id: string) =>
    world.context.database.reports.find({ transaction_id: id }).lean<{ code: string; status: string }[]>();

  async function isReported(id: string, code: string): Promise<boolean> {
    return (await reportsOf(id)).some((report) => report.code === code);
  }

  it('because Lightning hangs: a person is told, and it goes on', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    const asked = await wallet.melt(invoice);
    const id = String(asked.body['transactionId']);
    await comesTo(wallet, id, 'pending');
    aheadMs += hourMs;
    await until(() => isReported(id, 'OPERATION_OPEN_TOO_LONG'), 'the report');
    expect(await reportsOf(id)).toMatchObject([{ severity: 'HIGH', status: 'open', npub: wallet.npub }]);
    expect((await wallet.status(id)).body).toMatchObject({ status: 'PENDING', state: 'pending' });
    await world.sim.settle(paymentHash, 'paid');
    await timePassesUntil(
      async () => (await wallet.status(id)).body['state'] === 'settled',
      'the payment booked',
    );
    await until(async () => (await reportsOf(id)).every(({ status }) => status === 'closed'), 'it closed');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('because others have spent some of its ecash: the rest is fenced home and held for a person', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.addFaults({
      match: { method: 'POST', path: '/v1/melt/bolt11' },
      fault: 'drop_before',
      times: null,
    });
    const asked = await wallet.melt(invoice);
    const id = String(asked.body['transactionId']);
    await comesTo(wallet, id, 'pending');
    const { held } = await repositoriesOf(world).meltOf(wallet.npub);
    const stolen = held?.send.find(({ amount }) => amount === 64n);
    if (stolen === undefined) throw new Error('214 is not 128 + 64 + 16 + 4 + 2');
    await world.sim.spendOutside([outside(stolen)]);
    const noted = async () =>
      JSON.stringify((await wallet.status(id)).body['timeline']).includes('and not by us');
    await until(noted, 'what is spent noticed');

    const swaps = await askedOfMint(world, '/v1/swap');
    aheadMs += hourMs / 2;
    const looks = await askedOfMint(world, '/v1/checkstate');
    const isLookedAt = async () => (await askedOfMint(world, '/v1/checkstate')) > looks;
    await timePassesUntil(isLookedAt, 'another look');
    expect((await wallet.status(id)).body['state']).toBe('pending');
    expect(await askedOfMint(world, '/v1/swap')).toBe(swaps);
    aheadMs += hourMs / 2;
    const isStopped = async () => (await wallet.status(id)).body['state'] === 'needs_attention';
    await timePassesUntil(isStopped, 'a person called');
    expect((await wallet.status(id)).body).toMatchObject({ status: 'NEEDS_ATTENTION' });
    expect(await askedOfMint(world, '/v1/swap')).toBe(swaps + 1);
    const operation = await repositoriesOf(world).meltOf(wallet.npub);
    expect(operation.missingAmount).toBe(64n);
    // What was left out is in hand still: a mint may say otherwise before a person gives it up.
    const brought = (operation.held?.send ?? [])
      .filter(({ Y }) => Y !== stolen.Y)
      .map((proof) => ({ ...outside(proof), C: proof.C }));
    expect(await world.sim.honoured(brought)).toBe(214 - 64);
    await until(() => isReported(id, 'CRITICAL_MELT_FAILURE'), 'the report');
    const report = (await reportsOf(id)).find(({ code }) => code === 'CRITICAL_MELT_FAILURE');
    expect(report).toMatchObject({
      severity: 'CRITICAL',
      status: 'open',
      summary: expect.stringContaining('64 sat of the inputs were spent by somebody else'),
    });
    expect(await timesPaid(world, paymentHash)).toBe(0);
    // Time ends nothing: only a person does.
    aheadMs += 24 * hourMs;
    const other = await world.sim.invoice({ amount: 50 });
    await world.sim.clearFaults();
    await comesTo(wallet, (await wallet.melt(other.invoice)).body['transactionId'], 'settled');
    expect((await wallet.status(id)).body).toMatchObject({ state: 'needs_attention' });
  });
});

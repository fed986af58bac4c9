import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoggedRequest } from '../../simulator/http/requestLog.ts';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { askedOfMint, member, timesPaid } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const meltPath = '/v1/melt/bolt11';

describe('the 120 seconds before the fence', () => {
  let world: World;
  let aheadMs = 0;
  let quotesSeen = 0;
  let isHolding = false;
  const transport: Transport = async (request) => {
    if (request.method === 'GET' && request.url.includes('/v1/melt/quote/')) quotesSeen += 1;
    if (!isHolding || !request.url.endsWith(meltPath)) return httpTransport(request);
    // The mint has it, and will carry it out when it is released.
    isHolding = false;
    void httpTransport(request);
    return { kind: 'lost', reason: 'timeout' };
  };
  beforeAll(async () => {
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { CRUCIBLE_ANSWER_WITHIN_MS: '600', CRUCIBLE_FENCE_DELAY_MS: '120000' },
      overrides: { transport, now: () => new Date(Date.now() + aheadMs) },
    });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await world.sim.release();
    await expectAllSettled(world);
  });

  /** A payment whose melt the mint has not seen: it came to nothing, or is held on its way. */
  async function unseenMelt(how: 'lost' | 'held') {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    const match = { method: 'POST' as const, path: meltPath };
    if (how === 'held') await world.sim.addFaults({ match, fault: 'hold', times: 1 });
    await world.sim.addFaults({ match, fault: 'drop_before', times: null });
    isHolding = how === 'held';
    const asked = await wallet.melt(invoice);
    expect(asked).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
    const id = String(asked.body['transactionId']);
    await until(async () => (await sightings(wallet, id)) === 2, 'the second look at untouched inputs');
    return { wallet, paymentHash, id };
  }

  async function sightings(wallet: TestWallet, id: string): Promise<number> {
    const { timeline } = (await wallet.status(id)).body;
    if (!Array.isArray(timeline)) throw new Error('no timeline in the answer');
    return timeline.filter((entry) => member(entry, 'event') === 'quote unpaid, inputs untouched').length;
  }

  /** When the last request with the melt came back, by the server's clock. */
  async function lastMeltEndedAt(id: string): Promise<number> {
    const found = await world.context.database.operations.findById(id).lean();
    const ended = found?.attempts.find(({ purpose }) => purpose === 'melt')?.ended_at;
    if (!(ended instanceof Date)) throw new Error('no melt has come back');
    return ended.getTime();
  }

  /** The server's clock goes on to so long after that melt, and the payment is looked at once more. */
  async function lookedAt(id: string, sinceMeltMs: number): Promise<void> {
    aheadMs = (await lastMeltEndedAt(id)) + sinceMeltMs - Date.now();
    const before = quotesSeen;
    await until(async () => quotesSeen > before, 'another look');
  }

  it('are counted on the server’s clock from the end of the last melt request, and not cut short by looks', async () => {
    const { wallet, paymentHash, id } = await unseenMelt('lost');
    const before = await askedOfMint(world, '/v1/swap');
    for (const sinceMeltMs of [20_000, 45_000, 70_000, 95_000, 112_000]) {
      await lookedAt(id, sinceMeltMs);
      expect((await wallet.status(id)).body).toMatchObject({ status: 'PENDING', state: 'pending' });
    }
    expect(await askedOfMint(world, '/v1/swap')).toBe(before);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 214 });
    await lookedAt(id, 120_000);
    const ended = await comesTo(wallet, id, 'released');
    expect(ended.body).toMatchObject({ status: 'FAILED', released: 512 });
    expect(await askedOfMint(world, '/v1/swap')).toBe(before + 1);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('let a melt through that executes before they are over: paid once, nothing fenced or given back', async () => {
    const { wallet, paymentHash, id } = await unseenMelt('held');
    await lookedAt(id, 110_000);
    await world.sim.release();
    await until(async () => (await timesPaid(world, paymentHash)) === 1, 'the late melt paid');
    aheadMs += 60_000; // The look that would put the fence up finds it paid.
    const settled = await comesTo(wallet, id, 'settled');
    expect(settled.body).toMatchObject({ status: 'PAID', paidAmount: 210 });
    expect(JSON.stringify(settled.body['timeline'])).not.toContain('fenc');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302, reservedBalance: 0 });
  });

  it('are over before a melt executes that was held for longer: it must fail, and the funds are back once', async () => {
    await world.sim.clearRequests();
    const { wallet, paymentHash, id } = await unseenMelt('held');
    await lookedAt(id, 120_000);
    await comesTo(wallet, id, 'released');
    await world.sim.release();
    await until(async () => (await world.sim.requests()).some(isLateMelt), 'the late melt answered');
    expect((await world.sim.requests()).filter(isLateMelt)).toMatchObject([{ status: 400 }]);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });
});

const isLateMelt = ({ path, fault, status }: LoggedRequest): boolean =>
  path === meltPath && fault === 'hold' && status !== null;

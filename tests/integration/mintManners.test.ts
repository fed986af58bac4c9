import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transport } from '../../src/services/mint/transport.ts';
import { httpTransport } from '../support/carrier.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { askedOfMint, expectProblem, mintUnavailable, timesPaid, unhurried } from '../support/money.ts';
import { silence, startTinyMint, type TinyMint } from '../support/tinyMint.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** The mint's address leads somewhere else while `to` says so. */
function diversion() {
  const way: { to: string | null } = { to: null };
  const transport: Transport = (request) => {
    const { pathname } = new URL(request.url);
    return httpTransport(way.to === null ? request : { ...request, url: way.to + pathname });
  };
  return { way, transport };
}

async function timed(work: () => Promise<Reply>): Promise<{ reply: Reply; ms: number }> {
  const start = performance.now();
  const reply = await work();
  return { reply, ms: performance.now() - start };
}

describe('a mint that is dead for a while', () => {
  const { way, transport } = diversion();
  let world: World;
  let wallet: TestWallet;
  let grave: TinyMint;
  beforeAll(async () => {
    grave = await startTinyMint(silence);
    const limits = { CRUCIBLE_MINT_TIMEOUT_MS: '2000', CRUCIBLE_MELT_TIMEOUT_MS: '2000' };
    world = await startWorld({
      simulator: { feeReserveMinSat: 4 },
      env: { ...unhurried, ...limits, CRUCIBLE_ANSWER_WITHIN_MS: '1000' },
      overrides: { transport },
    });
    wallet = await world.wallet(500, 500, 500);
  });
  afterAll(async () => {
    await world.end();
    await grave.close();
  });
  afterEach(async () => {
    way.to = null;
    await world.sim.clearFaults();
    await expectAllSettled(world);
  });

  const circuit = async () => (await world.call('GET', '/readyz')).body['mints'];
  const refused = 'http://127.0.0.1:1';

  /** Melts that are refused until one is paid. How long that took, in ms. */
  async function untilPaid(): Promise<number> {
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    const start = performance.now();
    await until(async () => (await wallet.melt(invoice)).status === 200, 'a payment', 10_000);
    const ms = performance.now() - start;
    expect(await timesPaid(world, paymentHash)).toBe(1);
    return ms;
  }

  it('and silent costs one request its wait; the next hundred are refused unasked, and truthfully', async () => {
    way.to = grave.url;
    const { invoice } = await world.sim.invoice({ amount: 100 });
    const first = await timed(() => wallet.melt(invoice));
    expect(first.ms).toBeGreaterThan(2_000);
    await expectProblem(world, first.reply, mintUnavailable);
    expect(await circuit()).toEqual([
      {
        url: world.simulator.url,
        answeredMsAgo: expect.any(Number),
        circuit: expect.stringMatching(/^(half_)?open$/),
      },
    ]);

    const buried = grave.asked.length;
    const start = performance.now();
    const next = await Promise.all(Array.from({ length: 99 }, () => wallet.melt(invoice)));
    for (const reply of next)
      expect(reply).toMatchObject({ status: 503, body: { code: 'MINT_UNAVAILABLE' } });
    // Meanwhile the mint is tried, twice in the first second at most and then once in a second at most.
    const seconds = Math.ceil((performance.now() - start) / 1000);
    expect(grave.asked.length - buried).toBeLessThanOrEqual(3 + seconds);
    expect(await wallet.balance()).toMatchObject({ reservedBalance: 0 });

    way.to = null;
    expect(await untilPaid()).toBeLessThan(3_000);
    expect(await circuit()).toMatchObject([{ circuit: 'closed' }]);
  });

  it('and refuses connections is found out in a moment, and pays again within three seconds', async () => {
    way.to = refused;
    const { invoice } = await world.sim.invoice({ amount: 100 });
    for (let round = 0; round < 20; round += 1) {
      const { reply, ms } = await timed(() => wallet.melt(invoice));
      expect(reply).toMatchObject({ status: 503, body: { code: 'MINT_UNAVAILABLE' } });
      expect(ms).toBeLessThan(2_000);
    }
    way.to = null;
    expect(await untilPaid()).toBeLessThan(3_000);
  });

  it('does not keep a payment under way from its end once it is back, though nobody starts anything', async () => {
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const asked = await wallet.melt(invoice);
    expect(asked.status).toBe(202);
    await comesTo(wallet, asked.body['transactionId'], 'pending');
    way.to = refused;
    const { reply } = await timed(() => wallet.melt(invoice.toUpperCase()));
    expect(reply.status).toBe(409);
    await until(async () => JSON.stringify(await circuit()).includes('open'), 'the circuit open');
    await world.sim.settle(paymentHash, 'paid');
    way.to = null;
    const back = performance.now();
    await comesTo(wallet, asked.body['transactionId'], 'settled');
    expect(performance.now() - back).toBeLessThan(5_000);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await circuit()).toMatchObject([{ circuit: 'closed' }]);
  });

  it('while a melt is on its way out: the melt is settled or given back, by the saga’s own rules', async () => {
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100 });
    await world.sim.addFaults({ match: { method: 'POST', path: '/v1/melt/bolt11' }, fault: 'drop_before' });
    const asked = await wallet.melt(invoice);
    const ended = await comesTo(wallet, asked.body['transactionId'], 'settled', 'released');
    expect(await timesPaid(world, paymentHash)).toBe(ended.body['state'] === 'settled' ? 1 : 0);
  });
});

describe('a hundred requests at once', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
  });
  afterAll(() => world.end());

  it('ask a mint once who it is and hardly more often which keysets it has', async () => {
    const wallet = await world.wallet(500);
    const invoices = await Promise.all(
      Array.from({ length: 100 }, async () => (await world.sim.invoice({ amount: 10 })).invoice),
    );
    const fresh = await world.instance(); // one that knows nothing yet
    await world.sim.clearRequests();
    const start = performance.now();
    const quotes = await Promise.all(
      invoices.map((invoice) => world.call('POST', `${wallet.at}/melt/quote`, { invoice }, {}, fresh.url)),
    );
    const seconds = (performance.now() - start) / 1000;
    expect(quotes.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(await askedOfMint(world, '/v1/info')).toBe(1);
    // A listing is used for two seconds.
    expect(await askedOfMint(world, '/v1/keysets')).toBeLessThanOrEqual(1 + Math.ceil(seconds / 2));
    expect(await askedOfMint(world, '/v1/melt/quote/bolt11')).toBe(100);
  });
});

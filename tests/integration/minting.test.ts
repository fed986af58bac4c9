import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askedOfMint, expectBalancedBooks, tokensOf, unhurried } from '../support/money.ts';
import { type Json, startWorld, type TestWallet, until, type World } from '../support/world.ts';

const day = 24 * 3_600_000;

describe('funding a wallet over Lightning', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectBalancedBooks(world);
  });

  it('gives an invoice, counts it as pending, and credits it when it is paid, though nobody calls back', async () => {
    const wallet = await world.wallet();
    const { status, body } = await ask(wallet, 123);
    expect({ status, ...body }).toEqual({
      status: 201,
      success: true,
      quote: expect.any(String),
      invoice: expect.stringMatching(/^lnbc/),
      amount: 123,
      transactionId: expect.stringMatching(/^tx_mint_\w+$/),
      expiry: expect.any(Number),
      mintUrl: world.simulator.url,
    });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 0, pendingBalance: 123 });
    await world.sim.pay(String(body['invoice']));
    await credited(wallet, 123);
    expect(await wallet.balance()).toEqual({
      totalBalance: 123,
      unspentBalance: 123,
      reservedBalance: 0,
      pendingBalance: 0,
      spentBalance: 0,
    });
    const events = await world.context.database.audit
      .find({ transaction_id: String(body['transactionId']) })
      .lean<{ event: string }[]>();
    expect(events.map(({ event }) => event)).toEqual(['mint.issued']);
  });

  it('asked to complete: 202 UNPAID before the payment, the same token ever after', async () => {
    const wallet = await world.wallet();
    const { body } = await ask(wallet, 50);
    const complete = () => world.call('POST', `${wallet.at}/mint/complete`, { quoteId: body['quote'] });
    const waiting = await complete();
    const statusUrl = `${wallet.at}/transactions/${String(body['transactionId'])}`;
    expect(waiting).toMatchObject({
      status: 202,
      body: { status: 'UNPAID', transactionId: body['transactionId'], statusUrl },
    });
    expect(waiting.headers.get('location')).toBe(statusUrl);
    expect((await world.call('GET', statusUrl)).body).toMatchObject({ type: 'mint', status: 'PENDING' });
    await world.sim.pay(String(body['invoice']));
    const replies = await Promise.all(Array.from({ length: 6 }, complete));
    await credited(wallet, 50);
    const [token] = await tokensOf(world, wallet.npub);
    expect(replies.every(({ status }) => status === 200 || status === 202)).toBe(true);
    const done = await complete();
    expect({ status: done.status, ...done.body }).toEqual({
      status: 200,
      success: true,
      tokenId: token?._id,
      transactionId: body['transactionId'],
      totalAmount: 50,
      mintUrl: world.simulator.url,
    });
    expect(await tokensOf(world, wallet.npub)).toHaveLength(1);
  });

  it('when the mint issues and its reply is lost, the ecash is credited exactly once', async () => {
    const wallet = await world.wallet();
    await world.sim.addFaults({ match: { path: '/v1/mint/bolt11' }, fault: 'drop_after', times: 2 });
    const { body } = await ask(wallet, 77);
    await world.sim.pay(String(body['invoice']));
    await credited(wallet, 77);
    expect(await tokensOf(world, wallet.npub)).toHaveLength(1);
  });

  it('when the mint breaks down while issuing, it is asked again until it issues', async () => {
    const wallet = await world.wallet();
    const broken = { kind: 'status' as const, status: 500, body: 'oops', retryAfterSeconds: null };
    await world.sim.addFaults({ match: { path: '/v1/mint/bolt11' }, fault: broken, times: 2 });
    const { body } = await ask(wallet, 77);
    await world.sim.pay(String(body['invoice']));
    await credited(wallet, 77);
  });

  it('when the mint’s keyset is replaced between quote and payment, the new one signs', async () => {
    const wallet = await world.wallet();
    const { body } = await ask(wallet, 60);
    await world.sim.rotate({ version: '00' });
    await world.sim.pay(String(body['invoice']));
    await credited(wallet, 60);
    expect(await wallet.melt((await world.sim.invoice({ amount: 20 })).invoice)).toMatchObject({
      status: 200,
    });
  });

  it('when the keyset is replaced while the request is under way, a new request is made for the new one', async () => {
    const wallet = await world.wallet();
    await world.sim.clearRequests();
    await world.sim.addFaults({ match: { path: '/v1/mint/bolt11' }, fault: 'hold' });
    const { body } = await ask(wallet, 61);
    await world.sim.pay(String(body['invoice']));
    await until(async () => (await askedOfMint(world, '/v1/mint/bolt11')) > 0, 'the request');
    await world.sim.rotate({ version: '01' });
    await world.sim.release();
    await credited(wallet, 61);
    expect(await tokensOf(world, wallet.npub)).toHaveLength(1);
  });

  const ask = (wallet: TestWallet, amount: number) => world.call('POST', `${wallet.at}/mint`, { amount });

  async function credited(wallet: TestWallet, amount: number): Promise<void> {
    await until(async () => (await wallet.balance())['totalBalance'] === amount, 'the credit', 20_000);
  }
});

describe('a mint quote that is not paid in time', () => {
  /** An old quote is looked at every ten minutes or so, by the clock that this test moves. */
  const longestPause = 15 * 60_000;
  let passed = 0;
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      env: unhurried,
      simulator: { clock: () => Date.now() + passed },
      overrides: { now: () => new Date(Date.now() + passed) },
    });
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  it('no longer counts as pending, is credited when it is paid late, and given up after 30 days', async () => {
    const wallet = await world.wallet();
    const ask = (amount: number) => world.call('POST', `${wallet.at}/mint`, { amount });
    const [late, veryLate, never] = [(await ask(10)).body, (await ask(20)).body, (await ask(40)).body];
    expect((await wallet.balance())['pendingBalance']).toBe(70);

    passed = day;
    expect((await wallet.balance())['pendingBalance']).toBe(0);
    await world.sim.pay(String(late['invoice']), { late: true });
    passed += longestPause;
    await until(async () => (await wallet.balance())['totalBalance'] === 10, 'the late credit');

    passed = 29 * day;
    await world.sim.pay(String(veryLate['invoice']), { late: true });
    passed += longestPause;
    await until(async () => (await wallet.balance())['totalBalance'] === 30, 'the very late credit');
    expect(await statusOf(never)).toBe('pending');

    passed = 31 * day; // the 30 days begin when the quote expires
    await until(async () => (await statusOf(never)) === 'failed', 'the token');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 30, pendingBalance: 0 });
    const told = await world.call('POST', `${wallet.at}/mint/complete`, { quoteId: never['quote'] });
    expect(told).toMatchObject({ status: 202, body: { status: 'UNPAID', state: 'expired' } });

    async function statusOf(quote: Json): Promise<string | undefined> {
      const [token] = await tokensOf(world, wallet.npub, { transaction_id: String(quote['transactionId']) });
      return token?.status;
    }
  });
});

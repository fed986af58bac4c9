import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emptied } from '../support/restoring.ts';
import { newNpub, type OneOfSeveral, startTwoMints, walletAt } from '../support/severalWallets.ts';
import { tellingMint } from '../support/tellingMint.ts';
import { type Json, until, type World } from '../support/world.ts';

const telling = tellingMint();
let mints: Awaited<ReturnType<typeof startTwoMints>>;
let world: World;
beforeAll(async () => {
  mints = await startTwoMints({ transport: telling.transport, now: () => new Date(telling.nowMs()) });
  world = mints.world;
});
afterAll(() => mints.end());

/** A new owner's wallets at both mints. */
async function owner() {
  const npub = newNpub();
  const at = `/api/wallet/${npub}`;
  return {
    npub,
    at,
    one: await walletAt(world, npub, mints.first),
    other: await walletAt(world, npub, mints.second),
  };
}

describe('an owner of wallets at two mints', () => {
  it('pays from the one that is named, and from the first where none is', async () => {
    const { at, one, other } = await owner();
    expect([one.made, other.made]).toEqual([201, 201]);
    expect(one.id).not.toBe(other.id);
    await one.fund(500);
    await other.fund(300);
    const paid = await other.post('/melt', { invoice: await other.invoice(100) });
    expect(paid).toMatchObject({ status: 200, body: { paidAmount: 100 } });
    const left = 300 - 100 - Number(paid.body['feesPaid']);
    expect([await one.total(), await other.total()]).toEqual([500, left]);
    const unnamed = await world.call('POST', `${at}/melt`, { invoice: await one.invoice(50) });
    expect(unnamed).toMatchObject({ status: 200, body: { paidAmount: 50 } });
    expect([await one.total(), await other.total()]).toEqual([
      500 - 50 - Number(unnamed.body['feesPaid']),
      left,
    ]);
    expect((await other.mint.ledger()).balance.ok).toBe(true);
    expect((await one.mint.ledger()).balance.ok).toBe(true);
  });

  it('is told of all of them, the first one first, and gets each again by asking for it', async () => {
    const { npub, at, one, other } = await owner();
    await other.fund(30);
    const { body } = await world.call('GET', `${at}/wallets`);
    expect(body['wallets']).toEqual([
      expect.objectContaining({ walletId: one.id, mintUrl: mints.first, unit: 'sat', isDefault: true }),
      expect.objectContaining({ walletId: other.id, mintUrl: mints.second, balance: 30, isDefault: false }),
    ]);
    const keyOf = async ({ get }: OneOfSeveral) =>
      Object((await get('/info')).body['walletInfo']).tokenPubkey;
    expect(await keyOf(one)).not.toBe(await keyOf(other));
    const again = (wish: object) => world.call('POST', '/api/wallet/create', { npub, ...wish });
    const idOf = async (wish: object) => {
      const { status, body: told } = await again(wish);
      return [status, Object(told['walletDetails']).walletId];
    };
    expect(await idOf({})).toEqual([200, one.id]);
    expect(await idOf({ mintUrl: mints.first })).toEqual([200, one.id]);
    expect(await idOf({ mintUrl: `${mints.second}/`, unit: 'sat' })).toEqual([200, other.id]);
    expect(await idOf({ unit: 'sat' })).toEqual([200, one.id]);
  });

  it('need not name it for a transaction, a mint quote or a token', async () => {
    const { at, one, other } = await owner();
    await other.fund(300);
    const paid = await other.post('/melt', { invoice: await other.invoice(10) });
    const melt = String(paid.body['transactionId']);
    expect(await world.call('GET', `${at}/melt/${melt}`)).toMatchObject({ status: 200 });
    expect(await world.call('GET', `${at}/transactions/${melt}`)).toMatchObject({ status: 200 });
    expect(await one.get(`/transactions/${melt}`)).toMatchObject({
      status: 404,
      body: { code: 'TRANSACTION_NOT_FOUND' },
    });
    expect((await world.call('GET', `${at}/transactions`)).body['transactions']).toEqual([]);

    const quoted = await other.post('/mint', { amount: 20 });
    const quoteId = quoted.body['quote'];
    await other.mint.pay(String(quoted.body['invoice']));
    await until(
      async () => (await world.call('POST', `${at}/mint/complete`, { quoteId })).status === 200,
      'the quote of the other wallet',
    );

    const before = await other.total();
    const sent = await other.post('/send', { amount: 40 });
    const { encodedToken, transactionId } = sent.body;
    expect(await world.call('GET', `${at}/send/${String(transactionId)}`)).toMatchObject({ status: 200 });
    const friend = await owner();
    const received = await world.call('POST', `${friend.at}/receive`, { encodedToken });
    expect(received).toMatchObject({ status: 200, body: { mintUrl: mints.second, totalAmount: 40 } });
    expect([await friend.one.total(), await friend.other.total()]).toEqual([0, 40]);

    const kept = await other.post('/send', { amount: 30 });
    const back = `${at}/send/${String(kept.body['transactionId'])}/reclaim`;
    expect(await world.call('POST', back, {})).toMatchObject({ status: 200, body: { reclaimedAmount: 30 } });
    expect(await other.total()).toBe(before - 40);
    const named = await friend.one.post('/receive', { encodedToken });
    expect(named).toMatchObject({ status: 400, body: { code: 'TOKEN_INVALID' } });
  });

  it('pays once under one key from the wallet that was first, whatever the clocks of those who made them', async () => {
    telling.jump(60_000);
    const npub = newNpub();
    const one = await walletAt(world, npub, mints.first);
    telling.jump(-60_000);
    await one.fund(500);
    const send = () =>
      world.call('POST', `/api/wallet/${npub}/send`, { amount: 40 }, { 'idempotency-key': 'once' });
    const sent = await send();
    expect(sent.status).toBe(200);
    const other = await walletAt(world, npub, mints.second);
    await other.fund(300);
    const again = await send();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body['transactionId']).toBe(sent.body['transactionId']);
    expect([await one.total(), await other.total()]).toEqual([460, 300]);
    const { body } = await world.call('GET', `/api/wallet/${npub}/wallets`);
    expect(body['wallets']).toEqual([
      expect.objectContaining({ walletId: one.id, isDefault: true }),
      expect.objectContaining({ walletId: other.id, isDefault: false }),
    ]);
  });

  it('has each key once in each wallet', async () => {
    const { at, one, other } = await owner();
    const ask = (id: string, amount: number) =>
      world.call(
        'POST',
        `${at}/mint?walletId=${id}`,
        { amount },
        {
          'idempotency-key': 'one key',
        },
      );
    const quotes = await Promise.all([ask(one.id, 5), ask(other.id, 6)]);
    expect(quotes.map(({ status, body }) => [status, body['amount'], body['mintUrl']])).toEqual([
      [201, 5, mints.first],
      [201, 6, mints.second],
    ]);
    expect(await ask(other.id, 5)).toMatchObject({ status: 422 });
    expect((await ask(other.id, 6)).headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('the wallets of others', () => {
  it('are found by none of their ids', async () => {
    const [mine, theirs] = [await owner(), await owner()];
    await theirs.one.fund(100);
    const { body } = await theirs.one.post('/melt', { invoice: await theirs.one.invoice(10) });
    const foreign = `walletId=${theirs.one.id}`;
    const key = await world.keyFor(['wallet:read', 'wallet:write', 'wallet:melt'], mine.npub);
    const by = { authorization: `Bearer ${key}` };
    const melt = String(body['transactionId']);
    for (const path of ['balance', 'info', 'transactions', `transactions/${melt}`, `melt/${melt}`, 'restore'])
      expect(await world.call('GET', `${mine.at}/${path}?${foreign}`, undefined, by)).toMatchObject({
        status: 404,
        body: { code: 'WALLET_NOT_FOUND' },
      });
    const invoice = await theirs.one.invoice(20);
    for (const [path, sent] of [
      ['melt', { invoice }],
      ['melt/quote', { invoice }],
      ['send', { amount: 1 }],
      ['mint', { amount: 1 }],
      ['reconcile', {}],
      ['restore', {}],
    ] as const)
      expect(await world.call('POST', `${mine.at}/${path}?${foreign}`, sent, by)).toMatchObject({
        status: 404,
        body: { code: 'WALLET_NOT_FOUND' },
      });
    expect(await world.call('GET', `${mine.at}/transactions/${melt}`, undefined, by)).toMatchObject({
      status: 404,
      body: { code: 'TRANSACTION_NOT_FOUND' },
    });
    expect(await world.call('GET', `${theirs.at}/wallets`, undefined, by)).toMatchObject({ status: 403 });
  });
});

it('the first wallet stays the first, whatever the clock of the server that makes another', async () => {
  const npub = newNpub();
  const one = await walletAt(world, npub, mints.first);
  const slow = await world.instance({
    transport: telling.transport,
    now: () => new Date(Date.now() - 3_600_000),
  });
  const body = { npub, mintUrl: mints.second };
  const { status } = await world.call('POST', '/api/wallet/create', body, {}, slow.url);
  await slow.stop();
  expect(status).toBe(201);
  const info = await world.call('GET', `/api/wallet/${npub}/info`);
  expect(info.body['walletInfo']).toMatchObject({ walletId: one.id, mintUrl: mints.first });
});

it('wallets that are asked for at once are one for each mint, and one of them is the first', async () => {
  const npub = newNpub();
  const wishes = Array.from({ length: 12 }, (_, each) => (each % 2 === 0 ? mints.first : mints.second));
  const made = await Promise.all(
    wishes.map((mintUrl) => world.call('POST', '/api/wallet/create', { npub, mintUrl })),
  );
  expect(made.filter(({ status }) => status === 201)).toHaveLength(2);
  const ids = new Set(made.map(({ body }) => Object(body['walletDetails']).walletId));
  expect(ids.size).toBe(2);
  const { body } = await world.call('GET', `/api/wallet/${npub}/wallets`);
  expect(body['wallets']).toHaveLength(2);
});

/** What a restore of this wallet finds, however long it takes. */
async function restoredIn(wallet: OneOfSeveral): Promise<unknown> {
  expect([200, 202]).toContain((await wallet.post('/restore')).status);
  let body: Json = {};
  await until(
    async () => {
      body = (await wallet.get('/restore')).body;
      return body['status'] === 'DONE';
    },
    'the end of the restore',
    60_000,
  );
  return body['restoredAmount'];
}

describe('when the whole database is lost', () => {
  it('each wallet finds its own ecash again, in whatever order they are made', async () => {
    const { npub, one, other } = await owner();
    await one.fund(500);
    await other.fund(70);
    const anew = await emptied(world);
    const [second, first] = [
      await walletAt(anew, npub, mints.second),
      await walletAt(anew, npub, mints.first),
    ];
    expect([first.id, second.id]).toEqual([one.id, other.id]);
    expect([await restoredIn(second), await restoredIn(first)]).toEqual([70, 500]);
    expect([await first.total(), await second.total()]).toEqual([500, 70]);
    const paid = await first.post('/melt', { invoice: await first.invoice(20) });
    expect(paid).toMatchObject({ status: 200 });
    world = anew;
  }, 150_000);

  it.each([
    { what: 'signatures', own: '/v1/info' },
    { what: 'signatures and its key', own: null },
  ])(
    'a mint that passes another’s $what off as its own is handed none of that other’s ecash',
    async ({ own }) => {
      const { npub, one } = await owner();
      await one.fund(500);
      world = await emptied(world);
      telling.tale = ({ url, ...request }, carry) =>
        url.startsWith(mints.second) && (own === null || !url.endsWith(own))
          ? carry({ ...request, url: url.replace(mints.second, mints.first) })
          : undefined;
      const thief = await walletAt(world, npub, mints.second);
      expect(await restoredIn(thief)).toBe(0);
      expect(await thief.total()).toBe(0);
      const robbed = await walletAt(world, npub, mints.first);
      expect(await restoredIn(robbed)).toBe(500);
      telling.tale = null;
    },
    150_000,
  );
});

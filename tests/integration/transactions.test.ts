import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import winston from 'winston';
import { createCrucible } from '../../client/src/index.ts';
import { createLogger } from '../../src/logger.ts';
import { expectProblem, member, unhurried } from '../support/money.ts';
import { newSigner, publicOrigin, signed } from '../support/signing.ts';
import { type Json, startWorld, type TestWallet, until, type World } from '../support/world.ts';

const written: string[] = [];
let world: World;
beforeAll(async () => {
  const logger = createLogger('debug');
  logger.clear();
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  logger.add(new winston.transports.Stream({ stream, level: 'debug' }));
  world = await startWorld({
    env: { ...unhurried, CRUCIBLE_PUBLIC_ORIGIN: publicOrigin },
    simulator: { feeReserveMinSat: 4 },
    overrides: { logger },
  });
});
afterAll(() => world.end());

const list = (wallet: TestWallet, query = '') => world.call('GET', `${wallet.at}/transactions${query}`);
const get = (wallet: TestWallet, id: unknown) => world.call('GET', `${wallet.at}/transactions/${String(id)}`);
const ask = (wallet: TestWallet, amount: number, more: Json = {}, headers = {}) =>
  world.call('POST', `${wallet.at}/mint`, { amount, ...more }, headers);

async function entriesOf(wallet: TestWallet, query = ''): Promise<Json[]> {
  const { body } = await list(wallet, query);
  return Array.isArray(body['transactions']) ? body['transactions'] : [];
}
const idsOf = async (wallet: TestWallet, query = '') =>
  (await entriesOf(wallet, query)).map(({ transactionId }) => transactionId);

/** A wallet with one of each: funded, paid with a routing fee, failed, and an invoice that nobody has paid. */
async function withHistory() {
  const wallet = await world.wallet(1000);
  const paying = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
  const paid = await wallet.melt(paying.invoice, { memo: 'Coffee with Ann ☕', externalId: 'order-1' });
  const failing = await world.sim.invoice({ amount: 30, behaviour: 'fail' });
  const failed = await wallet.melt(failing.invoice, { externalId: 'order-2' });
  const asked = await ask(wallet, 77, { memo: 'Ann’s share', externalId: 'order-1' });
  return {
    wallet,
    paid: paid.body['transactionId'],
    failed: failed.body['transactionId'],
    asked: asked.body['transactionId'],
  };
}

describe('a wallet’s history', () => {
  it('tells what was minted and paid, newest first, with what it has cost and what its owner wrote on it', async () => {
    const { wallet, paid, failed, asked } = await withHistory();
    const { status, body } = await list(wallet);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const dated = { createdAt: at, updatedAt: at };
    expect({ status, ...body }).toEqual({
      status: 200,
      success: true,
      transactions: [
        {
          ...{ transactionId: asked, type: 'mint', status: 'PENDING', amount: 77, fee: 0, ...dated },
          ...{ memo: 'Ann’s share', externalId: 'order-1' },
        },
        {
          ...{ transactionId: failed, type: 'melt', status: 'FAILED', amount: 30, fee: 0, ...dated },
          ...{ memo: null, externalId: 'order-2' },
        },
        {
          ...{ transactionId: paid, type: 'melt', status: 'PAID', amount: 210, fee: 1, ...dated },
          ...{ memo: 'Coffee with Ann ☕', externalId: 'order-1' },
        },
        {
          ...{
            transactionId: expect.stringMatching(/^tx_mint_/),
            type: 'mint',
            status: 'PAID',
            amount: 1000,
          },
          ...{ fee: 0, ...dated, memo: null, externalId: null },
        },
      ],
      pagination: { limit: 50, nextCursor: null, hasMore: false },
    });
  });

  it('is empty before anything was done', async () => {
    expect((await list(await world.wallet())).body).toEqual({
      success: true,
      transactions: [],
      pagination: { limit: 50, nextCursor: null, hasMore: false },
    });
  });

  it('can be asked for by kind, by status, by externalId, and by all of them', async () => {
    const { wallet, paid, failed, asked } = await withHistory();
    expect(await idsOf(wallet, '?type=melt')).toEqual([failed, paid]);
    expect(await idsOf(wallet, '?type=mint&status=PENDING')).toEqual([asked]);
    expect(await idsOf(wallet, '?status=FAILED')).toEqual([failed]);
    expect(await idsOf(wallet, '?externalId=order-1')).toEqual([asked, paid]);
    expect(await idsOf(wallet, '?externalId=order-1&status=PAID')).toEqual([paid]);
    expect(await idsOf(wallet, '?externalId=order-1&type=mint')).toEqual([asked]);
    expect(await idsOf(wallet, '?externalId=order-3')).toEqual([]);
    expect(await idsOf(wallet, '?status=EXPIRED')).toEqual([]);
    expect(await idsOf(wallet, '?type=mint&status=FAILED')).toEqual([]);
  });

  it('read page by page while new ones come in shows each of the old ones once', async () => {
    const wallet = await world.wallet();
    const old: unknown[] = [];
    for (let amount = 1; amount <= 7; amount += 1)
      old.unshift((await ask(wallet, amount)).body['transactionId']);
    const seen: unknown[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await list(wallet, `?limit=3${cursor}`);
      const { transactions, pagination } = body;
      if (!Array.isArray(transactions)) throw new Error('no transactions');
      seen.push(...transactions.map(({ transactionId }) => transactionId));
      await ask(wallet, 100);
      const next = member(pagination, 'nextCursor');
      expect(member(pagination, 'hasMore')).toBe(next !== null);
      if (next === null) break;
      cursor = `&cursor=${String(next)}`;
    }
    expect(seen).toEqual(old);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=x', 'cursor'],
    ['cursor=MS50eF9tZWx0XzE%3D', 'cursor'],
    ['cursor[$gt]=', '(unprintable name)'],
    ['type=swap', 'type'],
    ['type=MINT', 'type'],
    ['status=paid', 'status'],
    ['externalId=', 'externalId'],
    [`externalId=${'x'.repeat(101)}`, 'externalId'],
    ['externalId=%E2%98%95', 'externalId'],
    ['externalid=order-1', 'externalid'],
  ])('asked for with ?%s is refused, naming the field', async (query, field) => {
    const wallet = await world.wallet();
    const reply = await list(wallet, `?${query}`);
    await expectProblem(world, reply, { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' });
    expect(member(reply.body, 'details', 0, 'field')).toBe(field);
  });

  it('is its owner’s, by a signature over the query as well', async () => {
    const owner = newSigner();
    const wallet = await world.walletOf(owner.npub);
    const target = `${wallet.at}/transactions?limit=1&type=mint`;
    const as = (authorization: string) => fetch(world.url + target, { headers: { authorization } });
    expect((await as(signed(owner, { method: 'GET', target }))).status).toBe(200);
    const other = signed(owner, { method: 'GET', target: `${wallet.at}/transactions` });
    expect((await as(other)).status).toBe(401);
  });
});

describe('one transaction', () => {
  it('of each kind is told as in the list, with its state and how it came to it', async () => {
    const { wallet, paid, asked } = await withHistory();
    const entries = await entriesOf(wallet);
    for (const [id, state, first] of [
      [paid, 'settled', 'prepared'],
      [asked, 'awaiting_payment', 'awaiting_payment'],
    ]) {
      const { status, body } = await get(wallet, id);
      const { timeline, ...told } = body;
      const entry = entries.find(({ transactionId }) => transactionId === id);
      expect({ status, ...told }).toEqual({ status: 200, success: true, state, ...entry });
      expect(member(timeline, 0)).toEqual({
        at: expect.any(String),
        state: first,
        event: expect.any(String),
      });
    }
  });

  it('holds no secret, and not even the invoice', async () => {
    const { wallet, paid } = await withHistory();
    const told = JSON.stringify([(await get(wallet, paid)).body, (await list(wallet)).body]);
    expect(told).not.toMatch(/lnbc|preimage|secret|quote/i);
  });

  it('of another wallet, or of none, is not there', async () => {
    const { paid } = await withHistory();
    const other = await world.wallet();
    for (const id of [paid, 'tx_melt_1_0a'])
      await expectProblem(world, await get(other, id), {
        status: 404,
        code: 'TRANSACTION_NOT_FOUND',
        severity: 'LOW',
      });
  });

  it('is PENDING while nobody knows its end, and then tells it', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = body['transactionId'];
    expect((await get(wallet, id)).body).toMatchObject({
      type: 'melt',
      status: 'PENDING',
      amount: 100,
      fee: null,
    });
    expect(await idsOf(wallet, '?status=PENDING')).toEqual([id]);
    await until(async () => member((await get(wallet, id)).body, 'state') !== 'prepared', 'it on its way');
    await until(async () => {
      const { meltQuotes } = await world.sim.ledger();
      return meltQuotes.some((quote) => quote.paymentHash === paymentHash && quote.state === 'PENDING');
    }, 'the payment under way');
    await world.sim.settle(paymentHash, 'paid');
    await until(async () => (await get(wallet, id)).body['state'] === 'settled', 'its end');
    expect((await get(wallet, id)).body).toMatchObject({ status: 'PAID', fee: 0 });
  });

  it('that was cancelled before anything left is listed as FAILED, and cost nothing', async () => {
    const { wallet, failed } = await withHistory();
    await world.context.database.operations.updateOne(
      { _id: String(failed) },
      { $set: { state: 'cancelled' } },
    );
    expect((await get(wallet, failed)).body).toMatchObject({ status: 'FAILED', state: 'cancelled', fee: 0 });
    expect(await idsOf(wallet, '?status=FAILED')).toEqual([failed]);
  });

  it('of an earlier version has neither memo nor externalId', async () => {
    const { wallet, paid } = await withHistory();
    const notes = { memo: 1, external_id: 1 } as const;
    await world.context.database.operations.updateOne({ _id: String(paid) }, { $unset: notes });
    expect((await get(wallet, paid)).body).toMatchObject({ status: 'PAID', memo: null, externalId: null });
  });
});

describe('memo and externalId', () => {
  it.each([
    ['memo', 'a line break', 'one\ntwo'],
    ['memo', 'a NUL', 'a\u0000'],
    ['memo', 'a turn of direction', '\u202eabc'],
    ['memo', 'half a character', '\ud83d'],
    ['memo', 'more than 280 characters', 'm'.repeat(281)],
    ['memo', 'nothing in it', ''],
    ['memo', 'a number', 7],
    ['memo', 'null', null],
    ['externalId', 'more than ASCII', 'Ännchen'],
    ['externalId', 'a tab', 'a\tb'],
    ['externalId', 'more than 100 characters', 'x'.repeat(101)],
    ['externalId', 'nothing in it', ''],
    ['externalId', 'a number', 7],
  ])('%s with %s is refused, on both routes', async (field, _what, value) => {
    const wallet = await world.wallet();
    const { invoice } = await world.sim.invoice({ amount: 10 });
    const replies = [
      await ask(wallet, 5, { [field]: value }),
      await wallet.melt(invoice, { [field]: value }),
    ];
    for (const reply of replies) {
      await expectProblem(world, reply, { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' });
      expect(member(reply.body, 'details', 0, 'field')).toBe(field);
    }
    expect(await entriesOf(wallet)).toEqual([]);
  });

  it('come back to the last character, as Unicode counts them', async () => {
    const wallet = await world.wallet();
    const memo = '☕️👩‍🚀'.repeat(46);
    const externalId = ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ';
    await ask(wallet, 5, { memo, externalId });
    expect(await entriesOf(wallet, `?externalId=${encodeURIComponent(externalId)}`)).toMatchObject([
      { memo, externalId },
    ]);
  });

  it('are part of what an Idempotency-Key stands for', async () => {
    const wallet = await world.wallet();
    const key = { 'idempotency-key': 'k1' };
    const first = await ask(wallet, 5, { memo: 'a', externalId: 'b' }, key);
    const again = await ask(wallet, 5, { externalId: 'b', memo: 'a' }, key);
    expect(again.body).toEqual(first.body);
    for (const other of [{ memo: 'x', externalId: 'b' }, { memo: 'a' }])
      expect((await ask(wallet, 5, other, key)).body).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('need not be unique, and are written into no log', async () => {
    const wallet = await world.wallet(100);
    const notes = { memo: 'memo-in-no-log', externalId: 'id-in-no-log' };
    await ask(wallet, 5, notes);
    const { invoice } = await world.sim.invoice({ amount: 10, behaviour: 'fail' });
    expect((await wallet.melt(invoice, notes)).status).toBe(422);
    expect((await wallet.melt(invoice, { ...notes, maxFee: 0 })).status).toBe(400);
    expect(await entriesOf(wallet, '?externalId=id-in-no-log')).toHaveLength(2);
    expect(written.join('')).not.toMatch(/in-no-log/);
  });
});

it('the client reads pages and single transactions', async () => {
  const { wallet, paid } = await withHistory();
  const apiKey = await world.keyFor(['wallet:read'], wallet.npub);
  const program = createCrucible({ baseUrl: world.url, auth: { apiKey } }).wallet(wallet.npub);
  const first = await program.transactions({ limit: 3, type: undefined });
  const cursor = first.pagination.nextCursor ?? undefined;
  const rest = await program.transactions({ limit: 3, cursor });
  expect([...first.transactions, ...rest.transactions]).toHaveLength(4);
  expect(rest.pagination).toEqual({ limit: 3, nextCursor: null, hasMore: false });
  expect(await program.transactions({ externalId: 'order-1', status: 'PAID' })).toMatchObject({
    transactions: [{ transactionId: paid, type: 'melt', memo: 'Coffee with Ann ☕' }],
  });
  expect(await program.transaction(String(paid))).toMatchObject({ status: 'PAID', state: 'settled' });
});

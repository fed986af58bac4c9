import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createCrucible } from '../../client/src/index.ts';
import type { FaultWish } from '../../simulator/client.ts';
import { liar, posts, reply, retold } from '../support/liar.ts';
import { expectAllSettled } from '../support/mischief.ts';
import { askedOfMint, expectBalancedBooks, expectProblem, member, unhurried } from '../support/money.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const quotePath = '/v1/melt/quote/bolt11';
const meltPath = '/v1/melt/bolt11';

const amountless = (world: World, more: object = {}) => world.sim.invoice({ amountless: true, ...more });

const quote = (world: World, { at }: TestWallet, invoice: string, amount?: unknown) =>
  world.call('POST', `${at}/melt/quote`, { invoice, ...(amount === undefined ? {} : { amount }) });

/** What the payee of an invoice got, and how often. */
async function received(world: World, paymentHash: string) {
  const { payments } = await world.sim.ledger();
  const payment = payments.find((each) => each.paymentHash === paymentHash);
  return { times: payment?.count ?? 0, sat: payment?.amountSat ?? 0 };
}

describe('an invoice that names no amount', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried, simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectAllSettled(world);
    await expectBalancedBooks(world);
  });

  it('is paid with the amount that the payer names', async () => {
    const wallet = await world.wallet(1000);
    const { invoice, paymentHash } = await amountless(world, { routingFeeSat: 1 });
    const quoted = await quote(world, wallet, invoice, 210);
    expect(quoted).toMatchObject({
      status: 200,
      body: { amount: 210, feeReserve: 4, inputFee: 0, total: 214 },
    });
    const paid = await wallet.melt(invoice, { amount: 210 });
    expect(paid).toMatchObject({
      status: 200,
      body: { paidAmount: 210, feesPaid: 1, preimageVerified: true },
    });
    expect(await received(world, paymentHash)).toEqual({ times: 1, sat: 210 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 789, reservedBalance: 0 });
  });

  it('is not paid without one, and no mint is asked', async () => {
    const wallet = await world.wallet(100);
    const { invoice } = await amountless(world);
    await world.sim.clearRequests();
    for (const refused of [await quote(world, wallet, invoice), await wallet.melt(invoice)]) {
      await expectProblem(world, refused, { status: 400, code: 'AMOUNT_REQUIRED', severity: 'LOW' });
      expect(refused.body['detail']).toMatch(/send the amount to pay/);
    }
    expect(await askedOfMint(world, quotePath)).toBe(0);
  });

  it('is paid once, whatever amount is sent with it the next time', async () => {
    const wallet = await world.wallet(500);
    const { invoice, paymentHash } = await amountless(world);
    const key = { 'idempotency-key': 'one' };
    expect((await wallet.melt(invoice, { amount: 50 }, key)).status).toBe(200);
    expect((await wallet.melt(invoice, { amount: 50 }, key)).headers.get('idempotency-replayed')).toBe(
      'true',
    );
    expect((await wallet.melt(invoice, { amount: 60 }, key)).body['code']).toBe('IDEMPOTENCY_KEY_REUSED');
    for (const amount of [50, 60, 'max'])
      expect((await wallet.melt(invoice, { amount })).body['code']).toBe('DUPLICATE_PAYMENT');
    expect(await received(world, paymentHash)).toEqual({ times: 1, sat: 50 });
  });

  it.each<[string, FaultWish['fault']]>([
    ['before it arrives', 'drop_before'],
    ['after it was carried out', 'drop_after'],
  ])('is paid once where the melt is cut off %s', async (_when, fault) => {
    for (const amount of [300, 'max']) {
      const wallet = await world.wallet(500);
      const { invoice, paymentHash } = await amountless(world, { routingFeeSat: 1 });
      await world.sim.addFaults({ match: { path: meltPath }, fault, times: 1 });
      const { body } = await wallet.melt(invoice, { amount });
      const id = body['transactionId'];
      await until(async () => (await wallet.status(id)).body['state'] === 'settled', 'its end');
      const paid = Number((await wallet.status(id)).body['paidAmount']);
      expect(await received(world, paymentHash)).toEqual({ times: 1, sat: paid });
      expect(await wallet.balance()).toMatchObject({ totalBalance: 499 - paid, reservedBalance: 0 });
    }
  });

  it('is known by the client as well', async () => {
    const { npub } = await world.wallet(200);
    const apiKey = await world.keyFor(['wallet:melt', 'wallet:read'], npub);
    const wallet = createCrucible({ baseUrl: world.url, auth: { apiKey } }).wallet(npub);
    const { invoice } = await amountless(world);
    const quoted = await wallet.quote({ invoice, amount: 'max' });
    expect(quoted).toMatchObject({ amount: 196, total: 200 });
    expect(await wallet.pay({ invoice, amount: 'max' })).toMatchObject({ outcome: 'paid', paidAmount: 196 });
  });

  it.each([0, -1, 1.5, '5', 'all', null, [5], 2 ** 53])(
    'with %j for an amount is refused',
    async (amount) => {
      const wallet = await world.wallet();
      const { invoice } = await amountless(world);
      for (const refused of [
        await quote(world, wallet, invoice, amount),
        await wallet.melt(invoice, { amount }),
      ]) {
        await expectProblem(world, refused, { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' });
        expect(member(refused.body, 'details', 0, 'field')).toBe('amount');
      }
    },
  );

  it('with more than Lightning can count is refused, and with more than there is as well', async () => {
    const wallet = await world.wallet(100);
    const { invoice } = await amountless(world);
    expect((await wallet.melt(invoice, { amount: Number.MAX_SAFE_INTEGER })).body).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ field: 'amount', message: 'is more than any invoice can be paid with' }],
    });
    expect((await wallet.melt(invoice, { amount: 97 })).body).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      required: 101,
      available: 100,
    });
  });
});

describe('an invoice that names its amount', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
  });
  afterAll(() => world.end());

  it('is paid where the payer names the same, or either side of a fraction', async () => {
    const wallet = await world.wallet(1000);
    const whole = await world.sim.invoice({ amount: 100 });
    expect((await wallet.melt(whole.invoice, { amount: 100 })).body).toMatchObject({ paidAmount: 100 });
    for (const amount of [100, 101]) {
      const { invoice } = await world.sim.invoice({ amountMsat: 100_500 });
      expect((await wallet.melt(invoice, { amount })).body).toMatchObject({ paidAmount: 101 });
    }
    await expectBalancedBooks(world);
  });

  it.each([99, 101, 'max'])('is not paid with %s', async (amount) => {
    const wallet = await world.wallet(1000);
    const { invoice } = await world.sim.invoice({ amount: 100 });
    for (const refused of [
      await quote(world, wallet, invoice, amount),
      await wallet.melt(invoice, { amount }),
    ]) {
      await expectProblem(world, refused, { status: 400, code: 'VALIDATION_ERROR', severity: 'LOW' });
      expect(member(refused.body, 'details', 0)).toEqual({
        field: 'amount',
        message: 'must be what the invoice names; leave it out, or use an invoice without an amount',
      });
    }
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000 });
  });
});

describe.each([
  [0, 1, 2],
  [0, 0, 0],
  [0, 5, 0],
  [100, 1, 2],
  [100, 0, 0],
  [1000, 1, 2],
  [1000, 3, 7],
])(
  '"max" with %d ppk per input, and a reserve of %d %% or %d sat',
  (inputFeePpk, feeReservePercent, feeReserveMinSat) => {
    let world: World;
    beforeAll(async () => {
      world = await startWorld({
        env: { ...unhurried, CRUCIBLE_FEE_CAP_BASE: '1000' },
        simulator: { inputFeePpk, feeReservePercent, feeReserveMinSat },
      });
    });
    afterAll(() => world.end());

    it.each([[[1000]], [[999, 1]], [[12_345, 678, 9]], [[64, 64, 64]]])(
      'pays all of %j that the fees leave, and what it said',
      async (amounts) => {
        const wallet = await world.wallet(...amounts);
        const held = amounts.reduce((sum, amount) => sum + amount, 0);
        const { invoice, paymentHash } = await amountless(world);
        await world.sim.clearRequests();
        const { status, body: told } = await quote(world, wallet, invoice, 'max');
        expect(status).toBe(200);
        expect(await askedOfMint(world, quotePath)).toBeLessThanOrEqual(4);
        const total = Number(told['total']);
        expect(total).toBeLessThanOrEqual(held);
        // No more would go.
        const more = await quote(world, wallet, invoice, Number(told['amount']) + 3);
        expect(Number(more.body['total'])).toBeGreaterThan(held);
        // Nothing is left behind but a unit or two that no reserve fits, and proofs of 1 where spending them costs as much.
        expect(held - total).toBeLessThanOrEqual(inputFeePpk === 1000 ? 5 : 2);
        const paid = await wallet.melt(invoice, { amount: 'max' });
        expect(paid).toMatchObject({ status: 200, body: { paidAmount: told['amount'] } });
        const sent = Number(told['amount']);
        expect(await received(world, paymentHash)).toEqual({ times: 1, sat: sent });
        expect(await wallet.balance()).toMatchObject({
          totalBalance: held - sent - Number(paid.body['feesPaid']),
          reservedBalance: 0,
        });
        await expectBalancedBooks(world);
      },
    );

    it('has nothing to send from an empty wallet', async () => {
      const wallet = await world.wallet();
      const { invoice } = await amountless(world);
      for (const refused of [
        await quote(world, wallet, invoice, 'max'),
        await wallet.melt(invoice, { amount: 'max' }),
      ])
        await expectProblem(world, refused, {
          status: 400,
          code: 'INSUFFICIENT_BALANCE',
          severity: 'LOW',
          required: 1,
          available: 0,
        });
    });
  },
);

describe('"max" and its limits', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried, simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(() => expectBalancedBooks(world));

  it('is refused where the wallet holds less than the fee reserve', async () => {
    const wallet = await world.wallet(4);
    const { invoice } = await amountless(world);
    expect((await wallet.melt(invoice, { amount: 'max' })).body).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      required: 5,
      available: 4,
    });
  });

  it('does not send less because of maxFee, or of a key’s budget', async () => {
    const wallet = await world.wallet(1000);
    const { invoice } = await amountless(world);
    const refused = await wallet.melt(invoice, { amount: 'max', maxFee: 9 });
    expect(refused.body).toMatchObject({ code: 'FEE_TOO_HIGH', fee: 10, limit: 9 });
    const { token } = await world.context.services.apiKeys.issue({
      ...{ label: 'spender', scopes: ['wallet:melt'], npub: null, expiresAt: null, budgetSatPerDay: 999n },
    });
    const headers = { authorization: `Bearer ${token}` };
    const over = await wallet.melt(invoice, { amount: 'max' }, headers);
    expect(over.body).toMatchObject({ code: 'BUDGET_EXCEEDED', budget: 999, required: 1000 });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1000, reservedBalance: 0 });
    expect((await wallet.melt(invoice, { amount: 'max', maxFee: 10 })).body).toMatchObject({
      paidAmount: 990,
    });
  });

  it('leaves alone what other payments hold, and waits for nobody', async () => {
    const wallet = await world.wallet(104);
    const hanging = await world.sim.invoice({ amount: 100, behaviour: 'pending' });
    const first = await wallet.melt(hanging.invoice, {}, { prefer: 'respond-async' });
    const { invoice } = await amountless(world);
    const refused = await wallet.melt(invoice, { amount: 'max' });
    await expectProblem(world, refused, { status: 409, code: 'CONCURRENT_OPERATION', severity: 'LOW' });
    await wallet.fund(50);
    expect((await wallet.melt(invoice, { amount: 'max' })).body).toMatchObject({ paidAmount: 46 });
    await until(async () => {
      const { meltQuotes } = await world.sim.ledger();
      return meltQuotes.some((each) => each.paymentHash === hanging.paymentHash && each.state === 'PENDING');
    }, 'the first under way');
    await world.sim.settle(hanging.paymentHash, 'paid');
    const { transactionId } = first.body;
    await until(async () => (await wallet.status(transactionId)).body['state'] === 'settled', 'its end');
  });
});

describe('a mint', () => {
  const mint = liar();
  let world: World;
  let wallet: TestWallet;
  beforeAll(async () => {
    world = await mint.start();
    wallet = await world.wallet(1_000);
  });
  afterAll(() => world.end());
  afterEach(async () => {
    mint.lie = null;
    expect(await wallet.balance()).toMatchObject({ totalBalance: 1_000, reservedBalance: 0 });
  });

  async function expectUnsupported(world: World, wallet: TestWallet): Promise<void> {
    mint.log = [];
    const { invoice } = await amountless(world);
    for (const amount of [100, 'max'])
      for (const refused of [
        await quote(world, wallet, invoice, amount),
        await wallet.melt(invoice, { amount }),
      ]) {
        expect(refused).toMatchObject({ status: 400, body: { code: 'AMOUNT_REQUIRED' } });
        expect(refused.body['detail']).toMatch(/mint pays only invoices that do\. Nothing was paid/);
      }
    expect(mint.asked(`POST ${meltPath}`) + mint.asked('POST /v1/swap')).toBe(0);
  }

  it('that does not say that it pays such invoices is not asked to', async () => {
    mint.lie = (request, carry) =>
      request.url.endsWith('/v1/info')
        ? retold(carry, (body) => {
            for (const method of Object(body).nuts['5'].methods) delete method.options;
          })
        : undefined;
    // Of the first one what it can do is known already.
    const another = await mint.start();
    try {
      await expectUnsupported(another, await another.wallet(1_000));
      expect(mint.asked(`POST ${quotePath}`)).toBe(0);
    } finally {
      await another.end();
    }
  });

  it('that says so, and then does not, is told by its code', async () => {
    const refusal = JSON.stringify({ code: 11011, detail: 'Amountless invoice is not supported' });
    mint.lie = (request) => (posts(request, quotePath) ? reply(400, refusal) : undefined);
    await expectUnsupported(world, wallet);
  });

  it.each([99, 101, 0])(
    'that quotes %d in place of the 100 that were asked for is not paid',
    async (amount) => {
      mint.lie = (request, carry) =>
        posts(request, quotePath) ? retold(carry, (body) => Object.assign(body, { amount })) : undefined;
      const { invoice } = await amountless(world);
      expect(await wallet.melt(invoice, { amount: 100 })).toMatchObject({
        status: 502,
        body: { code: 'MINT_ERROR' },
      });
    },
  );

  it('whose fee reserve grows with each quote is asked four times and no more', async () => {
    let reserve = 300;
    mint.lie = (request, carry) =>
      posts(request, quotePath)
        ? retold(carry, (body) => {
            reserve += 100;
            Object.assign(body, { fee_reserve: reserve });
          })
        : undefined;
    mint.log = [];
    const { invoice } = await amountless(world);
    const refused = await quote(world, wallet, invoice, 'max');
    expect(refused).toMatchObject({ status: 502, body: { code: 'MINT_ERROR' } });
    expect(mint.asked(`POST ${quotePath}`)).toBe(4);
  });
});

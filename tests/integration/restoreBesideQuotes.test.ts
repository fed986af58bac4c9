import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import { createRecoveryRepository } from '../../src/repositories/recoveries.ts';
import { expectBalancedBooks, expectProblem, expectRealMoney } from '../support/money.ts';
import { recovered, recoveryOf, type Stopper, startStoppable } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

describe('a wallet that has asked for over a thousand invoices which nobody has paid', () => {
  const quotes = 1_100;
  let world: World;
  let requests: Stopper;
  beforeAll(async () => {
    ({ world, requests } = await startStoppable());
  });
  afterAll(() => world.end());

  /** Mint quotes that were asked for by now and are watched; they fall due tomorrow. */
  async function askForInvoices({ at }: TestWallet): Promise<void> {
    const { operations } = world.context.database;
    const asked = await world.call('POST', `${at}/mint`, { amount: 5 });
    const first = await operations
      .findOne({ quote_id: String(asked.body['quote']) })
      .lean<OperationDocument>();
    if (first === null) throw new Error('the quote is not stored');
    const more = Array.from({ length: quotes }, (_, number) => ({
      ...first,
      _id: `${first._id}_${number}`,
      quote_id: `quote_${number}`,
      details: { ...first.details, quoteId: `quote_${number}` },
      due_at: new Date(Date.now() + 24 * 3_600_000),
    }));
    await operations.insertMany(more);
  }

  it('is recovered while a payment of it is under way: nothing of the payment is credited, and its end is waited for', async () => {
    const wallet = await world.wallet(1_000);
    await askForInvoices(wallet);
    const before = await wallet.balance();
    const { invoice } = await world.sim.invoice({ amount: 700 });
    const outcome = await requests.at('/v1/melt/bolt11', () => wallet.melt(invoice));

    const found = await recoveryOf(world, wallet.npub);
    if (found === null) throw new Error('there is no such wallet');
    await createRecoveryRepository(world.context.database).require(found._id, 'asked', new Date());
    const state = async () => (await recoveryOf(world, wallet.npub))?.recovery?.state ?? 'free';
    await until(async () => ['watching', 'free'].includes(await state()), 'a pass', 60_000);
    expect(await wallet.balance()).toMatchObject({ totalBalance: before['totalBalance'] });
    expect(await state()).toBe('watching');

    requests.go();
    expect(await outcome()).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    await recovered(world, wallet.npub);
    await expectBalancedBooks(world);
    await expectRealMoney(world, wallet.npub);
  }, 120_000);
});

describe('a wallet that has as many unpaid invoices as it may', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { CRUCIBLE_OPEN_MINTINGS_PER_WALLET: '3' } });
  });
  afterAll(() => world.end());

  it('is refused another before the mint is asked, until one of them is paid; no other wallet notices', async () => {
    const wallet = await world.wallet();
    const other = await world.wallet();
    const ask = ({ at }: TestWallet, headers = {}) =>
      world.call('POST', `${at}/mint`, { amount: 5 }, headers);
    const key = { 'idempotency-key': 'first' };
    const first = await ask(wallet, key);
    for (let number = 2; number <= 3; number += 1) expect((await ask(wallet)).status).toBe(201);
    await expectProblem(world, await ask(wallet), {
      status: 409,
      code: 'CONCURRENT_OPERATION',
      severity: 'LOW',
      retryable: true,
      detail: expect.stringMatching(/3 invoices open.*Nothing was started.*no money moved/),
    });
    // What was asked for once is told again, and is no invoice more.
    expect(await ask(wallet, key)).toMatchObject({ status: 201, body: { quote: first.body['quote'] } });
    expect((await ask(other)).status).toBe(201);

    await world.sim.pay(String(first.body['invoice']));
    await until(async () => (await ask(wallet)).status === 201, 'another invoice');
  });
});

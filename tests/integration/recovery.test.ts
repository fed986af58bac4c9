import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { comesTo, expectAllSettled, mortalInstance } from '../support/mischief.ts';
import { askedOfMint, dump, dumpAtRest, timesPaid, tokensOf } from '../support/money.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

const swapPath = '/v1/swap';
const meltPath = '/v1/melt/bolt11';

describe('what a dead process left', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ simulator: { feeReserveMinSat: 4 }, env: { CRUCIBLE_LEASE_MS: '1000' } });
  });
  afterAll(() => world.end());
  afterEach(async () => {
    await world.sim.clearFaults();
    await expectAllSettled(world);
  });

  /** One instance takes the melt and dies at its first request to `path`, before or after the mint carried it out. */
  async function dieAt(
    path: string,
    when: 'before' | 'after',
    wallet: TestWallet,
    invoice: string,
    key = 'k',
  ) {
    const { operations } = world.context.database;
    const mortal = await mortalInstance(world, ({ url }) => (url.endsWith(path) ? when : 'no'));
    const headers = { 'idempotency-key': key };
    const answer = wallet.melt(invoice, {}, headers, mortal.url).catch(() => null);
    await mortal.dying;
    const left = await operations.findOne({ npub: wallet.npub, kind: 'melt' }).lean();
    await mortal.bury();
    await answer;
    return { id: left?._id ?? null, state: left?.state ?? null };
  }

  it('prepared is cancelled, and its idempotency key is free again', async () => {
    const wallet = await world.wallet(214, 300);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    const key = { 'idempotency-key': 'again-1' };
    let checked = false;
    // It fits exactly; between the reservation and the melt, the mint is asked once more for its keysets.
    const mortal = await mortalInstance(world, ({ url }) => {
      checked ||= url.endsWith('/v1/restore');
      return checked && url.endsWith('/v1/keysets') ? 'before' : 'no';
    });
    const answer = wallet.melt(invoice, {}, key, mortal.url).catch(() => null);
    await mortal.dying;
    const { operations } = world.context.database;
    const left = await operations.findOne({ npub: wallet.npub, kind: 'melt' }).lean();
    expect(left).toMatchObject({ state: 'prepared' });
    expect(await wallet.balance()).toMatchObject({ totalBalance: 514, reservedBalance: 214 });
    await mortal.bury();
    await answer;

    await comesTo(wallet, left?._id, 'cancelled');
    expect(await wallet.balance()).toMatchObject({ totalBalance: 514, reservedBalance: 0 });
    const paid = await wallet.melt(invoice, {}, key);
    expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    expect(paid.body['transactionId']).not.toBe(left?._id);
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it.each(['before', 'after'] as const)(
    'swapping, %s the mint swapped, is finished: the funds come back in one token',
    async (when) => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
      const { id, state } = await dieAt(swapPath, when, wallet, invoice);
      expect(state).toBe('swapping');
      const ended = await comesTo(wallet, id, 'released');
      expect(ended.body).toMatchObject({ status: 'FAILED', released: 512 });
      expect(
        await tokensOf(world, wallet.npub, { transaction_id: `${id}_release`, status: 'unspent' }),
      ).toHaveLength(1);
      expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
      expect(await timesPaid(world, paymentHash)).toBe(0);
    },
  );

  it('melting, after the mint paid, is settled from the quote, and no worker sends the melt again', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
    await world.sim.clearRequests();
    const { id, state } = await dieAt(meltPath, 'after', wallet, invoice);
    expect(state).toBe('melting');
    const ended = await comesTo(wallet, id, 'settled');
    expect(ended.body).toMatchObject({
      status: 'PAID',
      paidAmount: 210,
      feesPaid: 1,
      preimageVerified: true,
    });
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await askedOfMint(world, meltPath)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 301, reservedBalance: 0 });
  });

  it('melting, before the melt left, is fenced off and given back; no worker sends it', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    await world.sim.clearRequests();
    const { id, state } = await dieAt(meltPath, 'before', wallet, invoice);
    expect(state).toBe('melting');
    await comesTo(wallet, id, 'released');
    expect(await askedOfMint(world, meltPath)).toBe(0);
    expect(await timesPaid(world, paymentHash)).toBe(0);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 512, reservedBalance: 0 });
  });

  it('is replayed truthfully under its idempotency key', async () => {
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
    const { id } = await dieAt(meltPath, 'after', wallet, invoice, 'replay-1');
    await comesTo(wallet, id, 'settled');
    const replay = await wallet.melt(invoice, {}, { 'idempotency-key': 'replay-1' });
    expect(replay).toMatchObject({ status: 200, body: { transactionId: id, paymentResult: 'PAID' } });
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect(await timesPaid(world, paymentHash)).toBe(1);
  });

  it('is taken by one of many workers, and finished once', async () => {
    const rivals = await Promise.all([world.instance({}), world.instance({}), world.instance({})]);
    const wallet = await world.wallet(512);
    const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
    const asked = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
    const id = asked.body['transactionId'];
    await until(async () => (await world.sim.ledger()).pendingTotal > 0, 'the payment under way');
    await world.sim.settle(paymentHash, 'paid');
    await comesTo(wallet, id, 'settled');
    const { audit } = world.context.database;
    const booked = await audit.countDocuments({ transaction_id: String(id), event: 'melt.settled' });
    expect(booked).toBe(1);
    expect(await timesPaid(world, paymentHash)).toBe(1);
    expect(await wallet.balance()).toMatchObject({ totalBalance: 302 });
    await Promise.all(rivals.map(({ stop }) => stop()));
  });

  it('settled long ago is not touched by anything that runs again', async () => {
    const wallet = await world.wallet(512);
    const { invoice } = await world.sim.invoice({ amount: 210 });
    const paid = await wallet.melt(invoice);
    expect(paid.status).toBe(200);
    await expectAllSettled(world);
    const { operations } = world.context.database;
    const before = await operations.findById(paid.body['transactionId']).lean();
    const { melts, operations: repository } = repositoriesOf(world);
    const operation = await repository.byId(String(paid.body['transactionId']));
    if (operation?.kind !== 'melt' || operation.payment === null) throw new Error('not a paid melt');
    const { id, sourceTokenIds, payment } = operation;
    const booksBefore = await dumpAtRest(world);
    const metadata = { decidedOn: operation, payment };
    const keep = operation.held?.keep ?? [];
    expect(await melts.executeAtomicMelt(sourceTokenIds, keep, [], id, metadata)).toEqual(operation);
    expect(await dump(world)).toBe(booksBefore);
    const another = await world.instance({});
    await new Promise((resolve) => setTimeout(resolve, 500));
    await another.stop();
    expect(await operations.findById(paid.body['transactionId']).lean()).toEqual(before);
    expect(await dump(world)).not.toContain('"melted"');
  });
});

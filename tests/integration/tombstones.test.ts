import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MeltOperation } from '../../src/models/operation.ts';
import { sumAmounts } from '../../src/models/proof.ts';
import { duplicateKeyIndex } from '../../src/repositories/transaction.ts';
import { type LossyWorld, startLossyWorld } from '../support/lossyWorld.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import {
  counts,
  dump,
  dumpAtRest,
  expectEnd,
  expectTokens,
  proofsOf,
  timesPaid,
  tokensOf,
} from '../support/money.ts';
import { melt } from '../support/operations.ts';
import { repositoriesOf } from '../support/repositories.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

const lease = { owner: 'nobody', leaseMs: 1_000 };

describe('a transaction of which nobody knows whether it was committed', () => {
  let world: World;
  let database: LossyWorld['database'];
  beforeAll(async () => {
    ({ world, database } = await startLossyWorld());
  });
  afterAll(() => world.end());
  afterEach(() => expectAllSettled(world));

  /** A melt of all that a wallet has, as transaction A would be given it. */
  async function drafted({ npub }: TestWallet) {
    const [token] = await tokensOf(world, npub);
    if (token === undefined) throw new Error('the wallet is empty');
    const { _id: tokenId, wallet_id: walletId, mint_url: mintUrl, version } = token;
    const inputs = (await proofsOf(world, npub)).map(({ tokenId: _, ...proof }) => proof);
    const operation: MeltOperation = melt({
      ...{ id: `tx_melt_of_${npub}`, npub, walletId, mintUrl, inputs, paymentHash: npub },
      ...{ sourceTokenIds: [tokenId], sourceAmount: sumAmounts(inputs) },
    });
    const Ys = inputs.map(({ Y }) => Y);
    return { operation, reservations: [{ tokenId, version, Ys, amount: sumAmounts(inputs) }] };
  }

  describe('is decided by a tombstone', () => {
    it('that stands where A did not: A can never happen under that id, and reserves nothing', async () => {
      const { operations, melts } = repositoriesOf(world);
      const wallet = await world.wallet(64);
      const { operation, reservations } = await drafted(wallet);
      await operations.insertTombstone(operation);
      const books = await dumpAtRest(world);
      expect(await melts.reserve(operation, reservations, lease, null, 8)).toBe('unknown');
      expect(await dump(world)).toBe(books);
      expect(await operations.byId(operation.id)).toMatchObject({
        state: 'cancelled',
        inputs: [],
        attempts: [],
        sourceTokenIds: [],
      });
      expect(await operations.claiming(operation.walletId, operation.paymentHash)).toBeNull();
      expect(await wallet.balance()).toMatchObject({ totalBalance: 64, reservedBalance: 0 });
    });

    it('that cannot be put where A stands, and leaves it as it is', async () => {
      const { operations, melts } = repositoriesOf(world);
      const { operation, reservations } = await drafted(await world.wallet(64));
      expect(await melts.reserve(operation, reservations, lease, null, 8)).toBe('reserved');
      const error = await operations.insertTombstone(operation).catch((thrown: unknown) => thrown);
      expect(duplicateKeyIndex(error)).toBe('_id_');
      const standing = await operations.byId(operation.id);
      if (standing?.kind !== 'melt') throw new Error('transaction A is gone');
      expect(standing).toMatchObject({ state: 'prepared', inputs: operation.inputs });
      await melts.cancel(standing, 'the story is over');
    });

    it('which the client of a lost A never meets: refused, and key and invoice are free', async () => {
      const wallet = await world.wallet(214, 298);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
      const key = { 'idempotency-key': 'buried' };
      database.lose({ event: 'melt.reserved', when: 'before' });
      expect(await wallet.melt(invoice, {}, key)).toMatchObject({
        status: 503,
        body: { code: 'DATABASE_UNAVAILABLE' },
      });
      const { operations } = world.context.database;
      const buried = await operations.find({ npub: wallet.npub, kind: 'melt' }).lean();
      expect(buried).toMatchObject([{ state: 'cancelled', lease_owner: null }]);
      expect(buried[0]).not.toHaveProperty('open');
      expect(await counts(world)).toMatchObject({ idempotency_keys: 0 });
      expect((await tokensOf(world, wallet.npub)).map(({ reserved_by }) => reserved_by)).toEqual([
        null,
        null,
      ]);
      const paid = await wallet.melt(invoice, {}, key);
      expect(paid).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
      expect(paid.body['transactionId']).not.toBe(buried[0]?._id);
      expect(await timesPaid(world, paymentHash)).toBe(1);
    });
  });

  describe('and is committed once everybody has given it up', () => {
    afterEach(() => expect(database.arrived()).toBe(1));

    it('A: the tombstone waits for it and finds it standing, and the payment goes on', async () => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210 });
      database.lose({ event: 'melt.reserved', when: 'late' });
      expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
      await expectEnd(world, wallet, paymentHash, { paid: 1, left: 302 });
      expect(await repositoriesOf(world).operationsOf(wallet.npub, 'melt')).toHaveLength(1);
    });

    it('B: told as paid and not booked yet; then it is, all of it and once', async () => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, routingFeeSat: 1 });
      database.lose({ event: 'melt.settled', when: 'late' });
      const reply = await wallet.melt(invoice);
      expect(reply).toMatchObject({ status: 500, body: { code: 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS' } });
      await comesTo(wallet, reply.body['transactionId'], 'settled');
      await expectEnd(world, wallet, paymentHash, { paid: 1, left: 301 });
      await expectTokens(world, wallet, reply.body['transactionId'], { keep: 298, melt_change: 3 });
    });

    it('S: the change of a payment that hangs is there once, and so is the rest in the end', async () => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
      database.lose({ event: 'melt.booked_early', when: 'late' });
      const reply = await wallet.melt(invoice);
      expect(reply).toMatchObject({ status: 202, body: { paymentResult: 'PENDING' } });
      const id = reply.body['transactionId'];
      const free = async () => (await wallet.balance().catch(() => null))?.['reservedBalance'] === 214;
      await until(free, 'only what was split off being reserved', 30_000);
      await world.sim.settle(paymentHash, 'paid');
      await comesTo(wallet, id, 'settled');
      await expectEnd(world, wallet, paymentHash, { paid: 1, left: 302 });
      await expectTokens(world, wallet, id, { keep: 298, melt_change: 4 });
    });

    it('R: what was swapped is back once', async () => {
      const wallet = await world.wallet(512);
      const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'fail' });
      database.lose({ event: 'melt.released', when: 'late' });
      const { body } = await wallet.melt(invoice);
      await comesTo(wallet, body['transactionId'], 'released');
      await expectEnd(world, wallet, paymentHash, { paid: 0, left: 512 });
      await expectTokens(world, wallet, body['transactionId'], { release: 512 });
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../src/repositories/database.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import { comesTo, expectAllSettled } from '../support/mischief.ts';
import { timesPaid } from '../support/money.ts';
import { startWorld, until, type World } from '../support/world.ts';

const script = fileURLToPath(new URL('../support/dieInTransaction.ts', import.meta.url));

/** Another server on the database writes to the operation in a transaction, and is killed. */
async function dieHolding(uri: string, operationId: string): Promise<void> {
  const words = ['--disable-warning=ExperimentalWarning', script, uri, operationId];
  const server = spawn(process.execPath, words, { stdio: 'ignore' });
  const [, signal] = await once(server, 'close');
  expect(signal).toBe('SIGKILL');
}

describe('a server killed in the middle of a transaction', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ simulator: { feeReserveMinSat: 4 } });
  });
  afterAll(() => world.end());
  afterEach(() => expectAllSettled(world));

  /** Two payments that hang, and that workers ask about. */
  async function twoHanging() {
    const wallets = [await world.wallet(214), await world.wallet(214)];
    const begun = await Promise.all(
      wallets.map(async (wallet) => {
        const { invoice, paymentHash } = await world.sim.invoice({ amount: 210, behaviour: 'pending' });
        const { body } = await wallet.melt(invoice, {}, { prefer: 'respond-async' });
        return { wallet, id: String(body['transactionId']), paymentHash };
      }),
    );
    const [locked, other] = begun;
    if (locked === undefined || other === undefined) throw new Error('two payments were begun');
    for (const { wallet, id } of begun) await comesTo(wallet, id, 'pending');
    return { locked, other };
  }

  it('holds up its own payment for less than five seconds', async () => {
    const { locked, other } = await twoHanging();
    await dieHolding(world.env.MONGODB_URI, locked.id);
    const diedAt = performance.now();
    for (const { wallet, id, paymentHash } of [locked, other]) {
      await world.sim.settle(paymentHash, 'paid');
      await comesTo(wallet, id, 'settled');
      expect(await timesPaid(world, paymentHash)).toBe(1);
    }
    expect(performance.now() - diedAt).toBeLessThan(5_000);
  });

  it('holds up no other payment, and nor does one that is alive', async () => {
    const { locked, other } = await twoHanging();
    const database = await openDatabase(world.env.MONGODB_URI);
    const { operations } = database;
    const done = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const held = runTransaction(database, locked.wallet.npub, async ({ session }) => {
      await operations.updateOne({ _id: locked.id }, { $set: { due_at: new Date(0) } }, { session });
      holding.resolve();
      let goesOn = Promise.resolve();
      const goOn = async () => void (await operations.findOne({ _id: locked.id }, null, { session }));
      const timer = setInterval(() => {
        goesOn = goesOn.then(goOn);
      }, 200);
      await done.promise;
      clearInterval(timer);
      await goesOn;
    });
    await holding.promise;
    const dueAt = async () => (await operations.findById(other.id).lean())?.due_at.getTime() ?? 0;
    try {
      const before = await dueAt();
      await until(async () => (await dueAt()) > before, 'another look at the other payment');
      await world.sim.settle(other.paymentHash, 'paid');
      await comesTo(other.wallet, other.id, 'settled');
      const meddle = operations.updateOne({ _id: locked.id }, { due_at: new Date(1) }, { maxTimeMS: 50 });
      await expect(meddle).rejects.toThrow('time limit');
    } finally {
      done.resolve();
      await held;
      await database.close();
    }
    await world.sim.settle(locked.paymentHash, 'paid');
    await comesTo(locked.wallet, locked.id, 'settled');
  });

  it('lets whoever comes again at once be answered: a token is brought home', async () => {
    const wallet = await world.wallet(64);
    const { body } = await world.call('POST', `${wallet.at}/send`, { amount: 64 });
    const id = String(body['transactionId']);
    await dieHolding(world.env.MONGODB_URI, id);
    const back = await world.call('POST', `${wallet.at}/send/${id}/reclaim`, {});
    // Three of the five seconds that a client waits here are gone: a slow machine may answer that it is under way.
    expect([200, 202]).toContain(back.status);
    const send = async () => (await world.call('GET', `${wallet.at}/send/${id}`)).body;
    await until(async () => (await send())['state'] === 'reclaimed', 'the token at home');
    expect(await send()).toMatchObject({ reclaimedAmount: 64 });
  });
});

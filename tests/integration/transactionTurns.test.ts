import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientSession } from 'mongoose';
import { createFairTurns, NoTurn } from '../../src/models/fairTurns.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';
import { openFresh } from '../support/openFresh.ts';
import { startWorld, until, type World } from '../support/world.ts';

/** Has one of these places taken until it is told otherwise. */
function holdPlace(turns: Database['turns']): () => Promise<void> {
  const released = Promise.withResolvers<void>();
  const held = turns.inTurn('somebody', 60_000, () => released.promise);
  return () => {
    released.resolve();
    return held;
  };
}

describe('a server that runs one transaction at a time', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { CRUCIBLE_DATABASE_TRANSACTIONS: '1' }, workers: false });
  });
  afterAll(() => world.end());

  it('does not have a wallet wait behind another that asks for its balance a hundred times at once', async () => {
    const { turns } = world.context.database;
    const greedy = await world.wallet();
    const other = await world.wallet();
    const answered: string[] = [];
    const ask = async ({ at }: { at: string }, name: string): Promise<void> => {
      const { status } = await world.call('GET', `${at}/balance`);
      expect(status).toBe(200);
      answered.push(name);
    };
    const release = holdPlace(turns);
    const asked = Array.from({ length: 100 }, () => ask(greedy, 'greedy'));
    await until(async () => turns.waiting() === 100, 'a hundred in line');
    asked.push(ask(other, 'other'));
    await until(async () => turns.waiting() === 101, 'the other, too');
    await release();
    await Promise.all(asked);
    // Its turn is the second; answers may overtake one another by a few on their way.
    expect(answered.indexOf('other')).toBeLessThan(20);
  });

  it('still pays, swaps and books', async () => {
    const wallet = await world.wallet(64, 64);
    const { invoice } = await world.sim.invoice({ amount: 50 });
    expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    expect(world.context.database.turns.waiting()).toBe(0);
  });
});

describe('transactions', () => {
  let database: Database;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ database, end } = await openFresh());
    await database.counters.create([{ _id: 'mine:00', wallet_id: 'mine', keyset_id: '00', next: 0 }]);
  });
  afterAll(() => end());

  const withOnePlace = (holdMs: number): Database => ({
    ...database,
    turns: createFairTurns({ places: 1, holdMs }),
  });
  const count = (session: ClientSession) =>
    database.counters.updateOne({ _id: 'mine:00' }, { $inc: { next: 1 } }, { session });

  it('of one wallet are refused where five hundred wait; what is under way waits all the same, and all end', async () => {
    const narrow = withOnePlace(60_000);
    const ledger = createLedgerRepository(narrow, () => new Date());
    const release = holdPlace(narrow.turns);
    const waiting = Array.from({ length: 500 }, () => ledger.balance('mine'));
    await until(async () => narrow.turns.waiting('mine') === 500, 'the line full');
    await expect(ledger.balance('mine')).rejects.toThrow(NoTurn);
    const elsewhere = ledger.balance('other');
    const underWay = runTransaction(narrow, 'mine', async () => 'booked');
    await until(async () => narrow.turns.waiting() === 502, 'both in line');
    await release();
    expect(await underWay).toBe('booked');
    await Promise.all([...waiting, elsewhere]);
    expect(narrow.turns.waiting()).toBe(0);
  });

  it('that stand still stop nobody beyond their time', async () => {
    const narrow = withOnePlace(100);
    const released = Promise.withResolvers<void>();
    const stuck = runTransaction(narrow, 'mine', async ({ session }) => {
      await count(session);
      await released.promise;
    });
    expect(await runTransaction(narrow, 'other', async () => 'went on')).toBe('went on');
    released.resolve();
    await stuck;
  });

  it('leave their place to others between two tries', async () => {
    const narrow = withOnePlace(60_000);
    const inTheWay = await database.connection.startSession();
    inTheWay.startTransaction();
    await count(inTheWay);
    let tries = 0;
    const conflicting = runTransaction(narrow, 'mine', async ({ session }) => {
      tries += 1;
      await count(session);
    });
    await until(async () => tries > 1, 'a conflict');
    await runTransaction(narrow, 'other', () => inTheWay.abortTransaction());
    await conflicting;
    await inTheWay.endSession();
  });
});

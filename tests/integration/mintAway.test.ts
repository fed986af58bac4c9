import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import { comesTo } from '../support/mischief.ts';
import { expectBalancedBooks, timesPaid, unhurried } from '../support/money.ts';
import { countingWay, heldPayment, multiply, multiplyUnopened, operationsOf } from '../support/waiting.ts';
import { startWorld, until, type World } from '../support/world.ts';

jest.setTimeout(120_000);

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

let world: World;
let aheadMs: number;
let mint: ReturnType<typeof countingWay>;
const nowMs = () => Date.now() + aheadMs;

beforeEach(async () => {
  aheadMs = 0;
  mint = countingWay();
  world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '1000' },
    overrides: { transport: mint.transport, now: () => new Date(nowMs()) },
  });
});
afterEach(() => world.end());

describe('a payment that its payee holds for three days', () => {
  type Held = Awaited<ReturnType<typeof heldPayment>>;

  async function document({ id }: Held): Promise<OperationDocument> {
    const found = await world.context.database.operations.findById(id).lean<OperationDocument>();
    if (found === null) throw new Error(`${id} is not there`);
    return found;
  }

  /** Time leaps to when it is due, or further. @returns how long after the look the next one will be, in ms */
  async function look(held: Held, atLeastMs = 0): Promise<number> {
    const { due_at } = await document(held);
    const from = Math.max(nowMs(), due_at.getTime(), held.createdMs + atLeastMs);
    aheadMs += from - nowMs();
    await until(async () => (await document(held)).due_at.getTime() !== due_at.getTime(), 'a look');
    return (await document(held)).due_at.getTime() - from;
  }

  /** All that could grow. */
  async function extent(held: Held) {
    // Whoever looked gives its lease back a moment after it has written down when the next look is due.
    await until(async () => (await document(held)).lease_owner === null, 'the lease given back');
    const { operations, tokens, audit, reports } = world.context.database;
    const [size] = await operations.aggregate<{ bytes: number }>([
      { $match: { _id: held.id } },
      { $project: { bytes: { $bsonSize: '$$ROOT' } } },
    ]);
    const { version, timeline, attempts } = await document(held);
    return {
      bytes: size?.bytes,
      version,
      events: timeline.length,
      attempts: attempts.length,
      operations: await operations.countDocuments(),
      tokens: await tokens.countDocuments(),
      audit: await audit.countDocuments(),
      reports: await reports.find({}, { _id: 0, code: 1, status: 1, count: 1 }).lean(),
    };
  }

  it('is asked about less and less, grows by nothing, and is booked at the first look after its end', async () => {
    const held = await heldPayment(world);
    const waits: [afterMs: number, shortestMs: number, longestMs: number][] = [
      [5 * minuteMs, 24_000, 36_000],
      [hourMs + minuteMs, 2.4 * minuteMs, 4 * minuteMs],
      [6 * hourMs, 8 * minuteMs, 12 * minuteMs],
    ];
    for (const [afterMs, shortestMs, longestMs] of waits) {
      const waitMs = await look(held, afterMs);
      expect(waitMs).toBeGreaterThan(shortestMs * 0.99);
      expect(waitMs).toBeLessThan(longestMs + 15_000); // a look itself may take long on a busy machine
    }
    const before = await extent(held);
    expect(before.reports).toEqual([{ code: 'OPERATION_OPEN_TOO_LONG', status: 'open', count: 1 }]);
    const looks = 20;
    mint.reset();
    for (let count = 0; count < looks; count += 1) await look(held, count === looks / 2 ? 3 * dayMs : 0);
    expect(mint.way.asked).toBe(2 * looks); // its quote and its inputs
    expect(await extent(held)).toEqual(before);

    await world.sim.settle(held.paymentHash, 'paid');
    const { due_at } = await document(held);
    expect(due_at.getTime() - nowMs()).toBeLessThan(12 * minuteMs);
    aheadMs += due_at.getTime() - nowMs();
    const { body } = await comesTo(held.wallet, held.id, 'settled');
    expect(body).toMatchObject({ status: 'PAID', paidAmount: 100, changePending: false });
    await until(async () => (await extent(held)).reports[0]?.status === 'closed', 'the report being closed');
    expect(await timesPaid(world, held.paymentHash)).toBe(1);
    await expectBalancedBooks(world);
  });
});

describe('ten thousand payments that wait', () => {
  const waiting = 10_000;

  it('are passed over by index: what the worker and a new payment read does not grow with them', async () => {
    const held = await heldPayment(world);
    const wallet = await world.wallet(512);
    await multiplyUnopened(world, held.id, waiting, new Date(nowMs() + hourMs));
    const db = world.context.database.connection.getClient().db();
    await db.command({ profile: 2 });
    mint.reset();
    const { invoice } = await world.sim.invoice({ amount: 100 });
    await comesTo(wallet, (await wallet.melt(invoice)).body['transactionId'], 'settled');
    // All due at once, and their mint is to be left alone: the only question that has to pass over them.
    const later = new Date(nowMs() + dayMs);
    expect(
      await operationsOf(world).due(later, { limit: 64, at: ['http://other.test'], except: [] }),
    ).toEqual([]);
    expect(await operationsOf(world).due(later, { limit: 64, at: [held.mintUrl], except: [] })).toHaveLength(
      64,
    );
    const looked = () =>
      db.collection('system.profile').countDocuments({ 'command.find': 'operations', 'command.limit': 64 });
    await until(async () => (await looked()) > 12, 'ten rounds of the worker', 50_000);
    await db.command({ profile: 0 });

    const read = await db
      .collection<Profiled>('system.profile')
      .find({ ns: /\.operations$/, planSummary: { $exists: true } })
      .toArray();
    expect(read.filter(({ planSummary }) => planSummary.includes('COLLSCAN'))).toEqual([]);
    expect(Math.max(...read.map(({ docsExamined = 0 }) => docsExamined))).toBeLessThanOrEqual(70);
    const scanned = read.map(({ keysExamined = 0 }) => keysExamined).sort((a, b) => b - a);
    // Asked in two parts: what has money in it, and the unpaid quotes.
    expect(scanned.filter((keys) => keys > 200)).toHaveLength(2);
    // The new payment's own requests, and at most a few looks at the one that is held.
    expect(mint.way.asked).toBeLessThan(40);
  });
});

it('what has money in it is looked at before mint quotes that nobody has paid, though they were due long before', async () => {
  const held = await heldPayment(world);
  const { at } = await world.wallet();
  for (let count = 0; count < 3; count += 1) await world.call('POST', `${at}/mint`, { amount: 5 });
  const later = new Date(nowMs() + dayMs);
  await operationsOf(world).postponeOpen(held, later);
  await until(async () => {
    const due = await operationsOf(world).due(later, { limit: 64, at: [held.mintUrl], except: [] });
    return due.length === 4 && due[0]?.id === held.id;
  }, 'the payment first');
});

type Profiled = { planSummary: string; docsExamined?: number; keysExamined?: number };

describe('a mint that is away for hours while many payments wait, on two instances', () => {
  const copies = 64;
  const instances = 2;
  const perRound = 8;
  /** The most that a look at a payment asks at once. */
  const asksAtOnce = 3;

  it('is asked by eight looks of each at once, one look at a time while it is away, and all end when it is back, longest due first', async () => {
    const held = await heldPayment(world);
    await world.instance();
    aheadMs += 3 * hourMs;
    await until(async () => (await held.read()).dueAt.getTime() > nowMs(), 'a look', 50_000);
    mint.reset();
    const ids = await multiply(world, await held.read(), copies, new Date(nowMs() - hourMs));
    const { operations } = world.context.database;
    const dueMs = async () =>
      (await operations.find({ _id: { $in: ids } }, { due_at: 1 }).lean()).map((one) => one.due_at.getTime());
    const overdue = async (): Promise<string[]> => {
      const found = await operations
        .find({ _id: { $in: ids }, open: true, due_at: { $lte: new Date(nowMs()) } }, { _id: 1 })
        .sort({ due_at: 1 })
        .lean<{ _id: string }[]>();
      return found.map(({ _id }) => _id);
    };
    await until(async () => (await overdue()).length === 0, 'a look at each', 50_000);

    // Each was looked at once, by one instance or the other.
    expect(mint.way.asked).toBeLessThanOrEqual(2 * (copies + 1) * 1.1);
    expect(mint.way.mostUnderWay).toBeLessThanOrEqual(instances * perRound * asksAtOnce);
    // They fell due together, and will not again.
    const next = (await dueMs()).sort((a, b) => a - b);
    const inOneSecond = next.map((fromMs) => next.filter((ms) => ms >= fromMs && ms < fromMs + 1_000).length);
    expect(Math.max(...inOneSecond)).toBeLessThan(copies / 10);

    mint.way.isDown = true;
    await world.sim.settle(held.paymentHash, 'paid');
    aheadMs += 5 * hourMs;
    await until(
      async () => (await overdue()).length >= copies - instances * perRound,
      'all of them due',
      50_000,
    );
    await until(async () => mint.way.underWay === 0, 'what was under way', 50_000);
    mint.reset();
    const awayMs = 3_000;
    await new Promise((resolve) => setTimeout(resolve, awayMs)); // what it is not asked meanwhile can only be waited for
    expect(mint.way.asked).toBeGreaterThan(0);
    expect(mint.way.asked).toBeLessThan(instances * asksAtOnce * 10);

    mint.way.isDown = false;
    mint.reset();
    const order = await overdue();
    expect(order.length).toBeGreaterThan(copies / 4);
    await until(async () => (await overdue()).length === 0, 'all that were due at their end', 50_000);
    const ends = await endedAt(order);
    const fifth = Math.floor(order.length / 5);
    expect(Math.max(...ends.slice(0, fifth))).toBeLessThan(Math.min(...ends.slice(-fifth)));
    aheadMs += 13 * minuteMs; // for those that were looked at in vain
    await until(async () => (await operations.countDocuments({ open: true })) === 0, 'the rest', 50_000);
    expect(await operations.countDocuments({ kind: 'melt', state: 'settled' })).toBe(copies + 1);
    expect(mint.way.mostUnderWay).toBeLessThanOrEqual(instances * perRound * asksAtOnce);
  });

  /** When each of these ended, in ms. */
  async function endedAt(ids: string[]): Promise<number[]> {
    const found = await world.context.database.operations
      .find({ _id: { $in: ids } }, { updated_at: 1 })
      .lean<{ _id: string; updated_at: Date }[]>();
    const byId = new Map(found.map(({ _id, updated_at }) => [_id, updated_at.getTime()]));
    return ids.map((id) => byId.get(id) ?? Number.NaN);
  }
});

import { expect } from '@jest/globals';
import { npubEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { MeltDetails } from '../../src/models/operation.ts';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import { type Answer, openPremises, type RealServer } from './realServers.ts';
import { until } from './world.ts';

/** Production servers in processes of their own, on one database and one mint; any of them may be asked. */
export type Instances = Awaited<ReturnType<typeof openInstances>>;

/** A melt as it is stored, with what is particular to it. */
export type StoredMelt = OperationDocument & { details: MeltDetails };

/** What may be written once in the life of a melt, and the line that it leaves in the audit log. */
const bookings = [
  { event: 'booked: sources spent, change credited', audited: 'melt.settled', state: 'settled' },
  { event: 'funds are back', audited: 'melt.released', state: 'released' },
] as const;

/** `settings`: of every server, as in the environment. */
export async function openInstances(settings: Record<string, string> = {}) {
  const premises = await openPremises(settings);
  const { sim, database } = premises;
  const alive: RealServer[] = [];
  /** Where the routes of each wallet are, and what was paid into it. */
  const funds = new Map<string, number>();

  /** Starts what is missing until so many run. */
  async function run(count: number): Promise<void> {
    const missing = Array.from({ length: Math.max(0, count - alive.length) }, () => premises.start());
    alive.push(...(await Promise.all(missing)));
  }

  /** The instances take turns. */
  const url = (turn: number): string => alive[turn % alive.length]?.url ?? '';

  /** Ends one in good order (SIGTERM) or at once. */
  async function end(instance: RealServer, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    alive.splice(alive.indexOf(instance), 1);
    instance.process.kill(signal);
    const { code } = await instance.ended;
    if (signal === 'SIGTERM') expect(code).toBe(0);
  }

  /** A wallet that is paid these amounts, each in a token of its own. @returns where its routes are */
  async function wallet(...amounts: readonly number[]): Promise<string> {
    const npub = npubEncode(getPublicKey(generateSecretKey()));
    const at = `/api/wallet/${npub}`;
    await premises.ask(url(0), 'POST', '/api/wallet/create', { npub });
    const pay = async (amount: number, turn: number) => {
      const asked = await premises.ask(url(turn), 'POST', `${at}/mint`, { amount });
      await sim.pay(String(asked.body['invoice']));
    };
    await Promise.all(amounts.map(pay));
    const sum = amounts.reduce((total, amount) => total + amount, 0);
    await until(async () => (await balance(at))['balance'] === sum, 'everything credited', 60_000);
    funds.set(at, sum);
    return at;
  }

  const melt = (turn: number, at: string, invoice: string, key?: string): Promise<Answer> =>
    premises.ask(url(turn), 'POST', `${at}/melt`, { invoice }, key);

  async function balance(at: string): Promise<Record<string, number>> {
    const { body } = await premises.ask(url(0), 'GET', `${at}/balance`);
    const details: unknown = body['details'];
    if (typeof details !== 'object' || details === null) throw new Error('no balance in the answer');
    const numbers = Object.entries(details).map(([name, amount]) => [name, Number(amount)]);
    return Object.fromEntries([...numbers, ['balance', Number(body['balance'])]]);
  }

  const melts = (filter: object = {}): Promise<StoredMelt[]> =>
    database.operations.find({ kind: 'melt', ...filter }).lean<StoredMelt[]>();

  /**
   * Waits until nothing is under way. Then the mint's ledger, the wallets, each operation and the audit log tell the same
   * to the sat, and nothing was paid or booked twice.
   */
  async function expectEverythingBookedOnce(): Promise<void> {
    const open = async () => (await melts({ open: true })).length;
    await until(async () => (await open()) === 0, 'nothing under way', 60_000);
    const { outstanding, balance: mintsOwn, payments } = await sim.ledger();
    expect(mintsOwn.ok).toBe(true);
    const timesPaid = new Map(payments.map(({ paymentHash, count }) => [paymentHash, count]));
    const stored = await melts();
    const audit = await database.audit.find().lean<{ transaction_id: string; event: string }[]>();
    const linesOf = Map.groupBy(audit, (line) => line.transaction_id);
    for (const melt of stored) expectBookedOnce(melt, linesOf.get(melt._id) ?? []);
    const settled = Map.groupBy(
      stored.filter(({ state }) => state === 'settled'),
      ({ details }) => details.paymentHash,
    );
    for (const { details } of stored)
      expect(timesPaid.get(details.paymentHash) ?? 0).toBe(settled.get(details.paymentHash)?.length ?? 0);
    expect([...timesPaid.values()].filter((count) => count > 1)).toEqual([]);
    let held = 0;
    for (const [at, paidIn] of funds) {
      const { totalBalance = 0, reservedBalance } = await balance(at);
      const spent = stored
        .filter(({ npub }) => at.endsWith(npub))
        .reduce((sum, each) => sum + costOf(each), 0);
      expect({ at, totalBalance, reservedBalance }).toEqual({
        at,
        totalBalance: paidIn - spent,
        reservedBalance: 0,
      });
      held += totalBalance;
    }
    expect(held).toBe(outstanding);
  }

  return {
    ...premises,
    alive,
    run,
    end,
    wallet,
    melt,
    balance,
    melts,
    expectEverythingBookedOnce,
  };
}

function expectBookedOnce(melt: StoredMelt, audit: readonly { event: string }[]): void {
  const { _id: id, state, timeline } = melt;
  expect(['settled', 'released', 'cancelled']).toContain(state);
  const count = (lines: readonly { event: string }[], event: string) =>
    lines.filter((line) => line.event === event).length;
  expect({ id, reserved: count(audit, 'melt.reserved') }).toEqual({ id, reserved: 1 });
  for (const booking of bookings) {
    const once = state === booking.state ? 1 : 0;
    const told = { audited: count(audit, booking.audited), timeline: count(timeline, booking.event) };
    expect({ id, ...booking, ...told }).toEqual({ id, ...booking, audited: once, timeline: once });
  }
}

/** What has left the wallet for good. */
function costOf({ state, details }: StoredMelt): number {
  const { sourceAmount, atomicResult, releasedAmount } = details;
  if (state === 'settled')
    return (
      Number(sourceAmount) -
      Number(atomicResult?.keepAmount ?? 0) -
      Number(atomicResult?.meltChangeAmount ?? 0)
    );
  return Number(sourceAmount) - Number(releasedAmount ?? 0);
}

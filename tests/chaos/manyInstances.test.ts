import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Instances, openInstances, type StoredMelt } from '../support/manyInstances.ts';
import type { Answer, RealServer } from '../support/realServers.ts';
import { until } from '../support/world.ts';

/** On a machine that does other things, too. */
const limitMs = 180_000;
const leaseMs = 2_000;

let instances: Instances;
beforeAll(async () => {
  instances = await openInstances({
    CRUCIBLE_FENCE_DELAY_MS: '300',
    CRUCIBLE_ANSWER_WITHIN_MS: '120000',
    CRUCIBLE_LEASE_MS: String(leaseMs),
  });
}, limitMs);
afterAll(() => instances.close(), limitMs);
afterEach(() => instances.expectEverythingBookedOnce(), limitMs);

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const outcomeOf = ({ status, body }: Answer): string =>
  `${status} ${String(body['code'] ?? body['paymentResult'])}`;

it(
  'a hundred payments of one wallet at once, through two servers: what its funds allow is paid, the rest refused',
  async () => {
    await instances.run(2);
    const at = await instances.wallet(...times(12, () => 32), 600);
    // Half of them find a proof that fits; the others need a swap.
    const amounts = times(100, (index) => (index % 2 === 0 ? 30 : 20 + (index % 30)));
    const invoices = await Promise.all(
      amounts.map((amount, index) => instances.sim.invoice({ amount, routingFeeSat: index % 3 })),
    );
    const replies = await Promise.all(invoices.map(({ invoice }, turn) => instances.melt(turn, at, invoice)));

    const outcomes = Map.groupBy(replies, outcomeOf);
    const expected = ['200 PAID', '400 INSUFFICIENT_BALANCE', '409 CONCURRENT_OPERATION'];
    expect([...outcomes.keys()].filter((outcome) => !expected.includes(outcome))).toEqual([]);
    for (const [index, { status }] of replies.entries())
      expect(await instances.sim.timesPaid(invoices[index]?.paymentHash ?? '')).toBe(status === 200 ? 1 : 0);
    const { totalBalance = 0 } = await instances.balance(at);
    const paid = outcomes.get('200 PAID') ?? [];
    const spent = paid.reduce(
      (sum, { body }) => sum + Number(body['paidAmount']) + Number(body['feesPaid']),
      0,
    );
    expect(totalBalance).toBe(984 - spent);
    // Who needs more than there is left was rightly refused; hardly anybody for being in each other's way.
    expect(totalBalance).toBeLessThan(250);
  },
  limitMs,
);

it(
  'a hundred requests under one key, through two servers: one payment, one story, also told by servers that came later',
  async () => {
    await instances.run(2);
    const at = await instances.wallet(64, 64, 64);
    const { invoice, paymentHash } = await instances.sim.invoice({ amount: 50, routingFeeSat: 1 });
    const key = randomUUID();
    const replies = await Promise.all(times(100, (turn) => instances.melt(turn, at, invoice, key)));

    const expected = ['200 PAID', '409 IDEMPOTENCY_CONFLICT'];
    expect(replies.map(outcomeOf).filter((outcome) => !expected.includes(outcome))).toEqual([]);
    const stories = new Set(replies.filter(({ status }) => status === 200).map(storyOf));
    expect(stories.size).toBe(1);
    const first = replies.filter((reply) => reply.status === 200 && !isReplay(reply));
    expect(first).toHaveLength(1);
    await expectTold(stories);

    const [one, ...others] = [...instances.alive];
    if (one === undefined) throw new Error('no server runs');
    await Promise.all([
      instances.end(one, 'SIGTERM'),
      ...others.map((other) => instances.end(other, 'SIGKILL')),
    ]);
    await instances.run(2);
    await expectTold(stories);

    async function expectTold(stories: ReadonlySet<string>): Promise<void> {
      const { invoice: another } = await instances.sim.invoice({ amount: 50 });
      for (const turn of instances.alive.keys()) {
        const again = await instances.melt(turn, at, invoice, key);
        expect({ isReplay: isReplay(again), story: storyOf(again) }).toEqual({
          isReplay: true,
          story: [...stories][0],
        });
        expect(outcomeOf(await instances.melt(turn, at, another, key))).toBe('422 IDEMPOTENCY_KEY_REUSED');
        expect(outcomeOf(await instances.melt(turn, at, invoice, randomUUID()))).toBe(
          '409 DUPLICATE_PAYMENT',
        );
      }
      expect(await instances.sim.timesPaid(paymentHash)).toBe(1);
      expect(await instances.melts({ npub: at.split('/').at(-1) })).toHaveLength(1);
    }
  },
  limitMs,
);

it(
  'one key for two invoices at once, through two servers: one of them is paid, and the key is not good for the other',
  async () => {
    await instances.run(2);
    const at = await instances.wallet(...times(6, () => 32));
    const invoices = await Promise.all(times(2, () => instances.sim.invoice({ amount: 30 })));
    const key = randomUUID();
    // Each server is asked for both.
    const wanted = times(20, (turn) => invoices[turn % 4 < 2 ? 0 : 1]?.invoice ?? '');
    const replies = await Promise.all(wanted.map((invoice, turn) => instances.melt(turn, at, invoice, key)));
    const expected = ['200 PAID', '409 IDEMPOTENCY_CONFLICT', '422 IDEMPOTENCY_KEY_REUSED'];
    expect(replies.map(outcomeOf).filter((outcome) => !expected.includes(outcome))).toEqual([]);
    const paid = await Promise.all(invoices.map(({ paymentHash }) => instances.sim.timesPaid(paymentHash)));
    expect(paid.sort()).toEqual([0, 1]);
  },
  limitMs,
);

it(
  'one invoice through two servers at once, twenty times: one payment, and the other request is told of it',
  async () => {
    await instances.run(2);
    const wallets = await Promise.all(times(4, () => instances.wallet(...times(6, () => 32))));
    await Promise.all(
      wallets.map(async (at) => {
        for (let round = 0; round < 5; round += 1) {
          const { invoice, paymentHash } = await instances.sim.invoice({ amount: 30 });
          const replies = await Promise.all(times(2, (turn) => instances.melt(turn, at, invoice)));
          expect(replies.map(outcomeOf).sort()).toEqual(['200 PAID', '409 DUPLICATE_PAYMENT']);
          expect(new Set(replies.map(({ body }) => body['transactionId'])).size).toBe(1);
          expect(await instances.sim.timesPaid(paymentHash)).toBe(1);
        }
      }),
    );
  },
  limitMs,
);

it(
  'one invoice of two wallets through two servers at once: one pays, and the other has its funds back',
  async () => {
    await instances.run(2);
    const wallets = await Promise.all(times(2, () => instances.wallet(...times(4, () => 32))));
    for (let round = 0; round < 4; round += 1) {
      const { invoice, paymentHash } = await instances.sim.invoice({ amount: 30 });
      const replies = await Promise.all(wallets.map((at, turn) => instances.melt(turn, at, invoice)));
      expect(replies.map(outcomeOf).sort()).toEqual(['200 PAID', '422 PAYMENT_FAILED']);
      expect(await instances.sim.timesPaid(paymentHash)).toBe(1);
    }
  },
  limitMs,
);

it(
  'thirty payments left by a killed server, one of two others killed amid them: all end, each booked once',
  async () => {
    await instances.run(3);
    const [creator, victim] = instances.alive;
    if (creator === undefined || victim === undefined) throw new Error('too few servers run');
    const wallets = await Promise.all(times(3, () => instances.wallet(...times(8, () => 32), 64, 64)));
    const hashes = (await Promise.all(wallets.map((at) => tenThatHang(at, creator)))).flat();
    await until(async () => (await underWay()) === hashes.length, 'the payments under way', 90_000);

    await instances.sim.addFaults({
      match: { method: 'GET', path: '/v1/melt/quote/bolt11/*' },
      fault: 'hold',
      times: null,
    });
    await instances.end(creator, 'SIGKILL');
    const diedAt = Date.now();
    await until(() => bothAt(4, {}), 'both survivors waiting for the mint', 60_000);
    for (const [index, hash] of hashes.entries())
      await instances.sim.settle(hash, index % 2 === 0 ? 'paid' : 'failed');
    await instances.sim.clearFaults();
    await instances.sim.addFaults({
      match: { method: 'POST', path: '/v1/swap' },
      fault: 'hold',
      times: null,
    });
    await instances.sim.release();
    await until(() => bothAt(2, { state: 'releasing' }), 'both survivors fencing', 60_000);
    await instances.end(victim, 'SIGKILL');
    await instances.sim.clearFaults();
    await instances.sim.release();

    // Two to three seconds where little else runs. Who waits for a quarter of what he has waited, waits up to 36 s, though.
    const open = async () => (await instances.melts({ open: true })).length;
    await until(async () => (await open()) === 0, 'everything ended', 60_000);
    const states = Map.groupBy(await ofThese(), ({ state }) => state);
    expect([...states.keys()].sort()).toEqual(['released', 'settled']);
    expect(states.get('settled')).toHaveLength(hashes.length / 2);

    /** Whether both survivors each work at so many of these. */
    async function bothAt(count: number, filter: object): Promise<boolean> {
      const open = await instances.melts({ open: true, ...filter });
      // A lease that runs for longer than the dead could have wished for is a survivor's.
      const leased = open.filter(({ lease_until }) => Number(lease_until ?? 0) > diedAt + leaseMs);
      const byOwner = Map.groupBy(leased, ({ lease_owner }) => lease_owner);
      const { held } = await instances.sim.faults();
      return held >= 2 * count && [...byOwner.values()].filter(({ length }) => length >= count).length === 2;
    }

    async function ofThese(): Promise<StoredMelt[]> {
      return (await instances.melts()).filter(({ details }) => hashes.includes(details.paymentHash));
    }

    async function underWay(): Promise<number> {
      const { payments } = await instances.sim.ledger();
      return payments.filter(
        ({ paymentHash, state }) => hashes.includes(paymentHash) && state === 'IN_FLIGHT',
      ).length;
    }
  },
  limitMs,
);

/** Ten payments of one wallet through one server, two of them with a swap, that nobody decides yet. @returns their hashes */
async function tenThatHang(at: string, server: RealServer): Promise<string[]> {
  const invoices = await Promise.all(
    times(10, (index) => instances.sim.invoice({ amount: index < 8 ? 30 : 40, behaviour: 'pending' })),
  );
  for (const { invoice } of invoices) insist(server, at, invoice).catch(() => undefined);
  return invoices.map(({ paymentHash }) => paymentHash);
}

/** Asks again whenever that may help, as on a machine that is busy. Throws when the server dies. */
async function insist({ url }: RealServer, at: string, invoice: string): Promise<void> {
  const key = randomUUID();
  for (let mayHelp = true; mayHelp; ) {
    const { body } = await instances.ask(url, 'POST', `${at}/melt`, { invoice }, key);
    mayHelp = body['retryable'] === true;
  }
}

/** What an answer says, in its bytes. */
const storyOf = ({ body }: Answer): string => JSON.stringify(body);

const isReplay = ({ headers }: Answer): boolean => headers['idempotency-replayed'] === 'true';

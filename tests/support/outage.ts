import { expect } from '@jest/globals';
import { supportIdOf } from '../../src/models/supportId.ts';
import { type Nodes, startNodes } from './nodes.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from './world.ts';

/** The waits that decide how soon an operation is settled are those of production: what is blank has its default. */
const asInProduction = {
  CRUCIBLE_LEASE_MS: '',
  CRUCIBLE_WORKER_INTERVAL_MS: '',
  CRUCIBLE_ORPHAN_AFTER_MS: '5000',
  CRUCIBLE_ANSWER_WITHIN_MS: '20000',
};

/** From the return of the primary to the last booking. */
export const settledWithinMs = 5_000;
export const paidNotBooked = 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS';

export type Outage = { nodes: Nodes; world: World; end: () => Promise<void> };

/** A whole server on a database of its own that can be taken away. */
export async function openOutage(members: 1 | 3): Promise<Outage> {
  const nodes = await startNodes(members);
  const world = await startWorld({
    simulator: { feeReserveMinSat: 4 },
    env: asInProduction,
    relay: async () => nodes.uri('away'),
  });
  const end = async () => {
    await world.end();
    await nodes.close();
  };
  return { nodes, world, end };
}

/** Asks, waits until the mint holds the request to this path that comes of it, breaks something, and lets the mint go on. */
export async function brokenAt(
  { world }: Outage,
  path: string,
  ask: () => Promise<Reply>,
  breaking: () => Promise<unknown>,
): Promise<Reply> {
  await world.sim.addFaults({ match: { method: 'POST', path }, fault: 'hold' });
  const reply = ask();
  reply.catch(() => undefined);
  await until(async () => (await world.sim.faults()).held === 1, `a request held at ${path}`);
  await breaking();
  await world.sim.clearRequests();
  await world.sim.release();
  return reply;
}

export type PaidAlone = { wallet: TestWallet; reply: Reply; paymentHash: string };

/** A payment of 100 from 512 that the mint makes after the database was broken; its client has been told so. */
export async function paidWhileBroken(
  outage: Outage,
  breaking: () => Promise<unknown>,
  url = outage.world.url,
): Promise<PaidAlone> {
  const wallet = await outage.world.wallet(512);
  const { invoice, paymentHash } = await outage.world.sim.invoice({ amount: 100 });
  const ask = () => wallet.melt(invoice, {}, {}, url);
  const reply = await brokenAt(outage, '/v1/melt/bolt11', ask, breaking);
  expect({ status: reply.status, code: reply.body['code'] }).toEqual({ status: 500, code: paidNotBooked });
  expect(reply.body).toMatchObject({
    requiresManualIntervention: true,
    transactionId: expect.stringMatching(/^tx_melt_/),
    quoteId: expect.any(String),
    recovery: { state: 'scheduled', statusUrl: expect.stringContaining('/melt/tx_melt_') },
    supportId: idOf(reply),
  });
  return { wallet, reply, paymentHash };
}

/** The one supportId that a payment made and not booked has, whoever tells it. */
export function idOf({ body }: Reply): string {
  const transactionId = String(body['transactionId']);
  return supportIdOf(`${paidNotBooked}:${transactionId}`, transactionId);
}

/** The report that was promised to a client. */
export function reportOf({ world }: Outage, { body }: Reply) {
  const id = String(body['supportId']);
  return world.context.database.reports.findOne({ $or: [{ _id: id }, { other_ids: id }] }).lean();
}

/** Waits until the payment is booked and its report closed. @returns how long the booking took */
export async function untilSettled(outage: Outage, { wallet, reply }: PaidAlone): Promise<number> {
  const backAt = performance.now();
  const state = async () => (await wallet.status(reply.body['transactionId'])).body['state'];
  await until(async () => (await state()) === 'settled', 'the payment booked', 20_000);
  const tookMs = performance.now() - backAt;
  await until(async () => (await reportOf(outage, reply))?.status === 'closed', 'its report closed');
  expect(await reportOf(outage, reply)).toMatchObject({ _id: idOf(reply), code: paidNotBooked });
  return tookMs;
}

/** The balance as soon as the server has found its database again. */
export async function balanceAgain(wallet: TestWallet): Promise<Record<string, number>> {
  let balance: Record<string, number> | null = null;
  const answered = async () => {
    balance = await wallet.balance().catch(() => null);
    return balance !== null;
  };
  await until(answered, 'the balance');
  return balance ?? {};
}

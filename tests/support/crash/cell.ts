import { setTimeout as pause } from 'node:timers/promises';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import { until } from '../world.ts';
import type { Order, Place } from './boundary.ts';
import { type Client, newClient, partiesOf, request, requestInvoiceAndPay } from './client.ts';
import { type Before, before, judge, stored } from './judge.ts';
import type { Scenario } from './scenarios.ts';
import type { ServerProcess } from './serverProcess.ts';
import type { Stand } from './stand.ts';
import { hadUpkeep, lastLook, makeDue, putOffAll } from './upkeepTurns.ts';

export type Outcome = {
  /** Empty = the cell survived. */
  violations: string[];
  satsLost: number;
  /** From the moment when database and mint are there and a server is up, until nothing is open any more. */
  recoveryMs: number;
  /** How often the payee had the money before the client came again. */
  payments: number;
  /** Of a recorded run. */
  boundaries: string[];
};

/** On a machine that does much else, too. How long recovery really takes is measured, and judged by `npm run chaos`. */
const runLimitMs = 60_000;
const recoveryGivenUpMs = 30_000;
/** After the last visible effect of a run, its last replies are still under way. */
const fadingMs = 150;

/** The crash never came where it was ordered: the harness is at fault, not the server. */
export class NotReached extends Error {}

/** One wallet, one operation, one crash (or none, to record), one restart, one judgement. */
export async function runCell(stand: Stand, scenario: Scenario, order: Order): Promise<Outcome> {
  const { world } = stand;
  const earlier = await before(stand);
  const client = await newClient(stand, scenario);
  const env = { ...stand.env, ...scenario.env };
  await world.sim.addFaults(...scenario.faults);
  await watchOthers(stand, client, 'later');
  try {
    await prepare(stand, scenario, client, env);
    const { boundaries, log } = await runVictim(stand, scenario, client, env, order);
    return { ...(await recover(stand, scenario, client, env, earlier, log)), boundaries };
  } catch (error) {
    // What it has left must not go on in the next cell.
    if (error instanceof NotReached) await finish(stand, scenario, client, env);
    throw error;
  } finally {
    await world.sim.clearFaults();
  }
}

/** What an earlier server has left for the worker. */
async function prepare(stand: Stand, scenario: Scenario, client: Client, env: Record<string, string>) {
  const { victim } = scenario;
  if (victim.is === 'creator') return;
  if (victim.left !== null) return crashEarlier(stand, client, env, victim.left);
  if (scenario.kind === 'minting') return requestInvoiceAndPay(stand, client);
  await request(stand, client, stand.world.url);
  await until(() => isAtRest(stand, client), 'the operation left to the worker');
  await decide(stand, scenario, client);
}

async function crashEarlier(stand: Stand, client: Client, env: Record<string, string>, place: Place) {
  const victim = await stand.supply.take();
  const url = await victim.open(env);
  await victim.arm({ kind: 'crash', ...place });
  if (client.upkeepFee !== null) await victim.work();
  await Promise.all([request(stand, client, url), within(victim.struck(), runLimitMs)]);
}

type Ran = { boundaries: string[]; log: string };

async function runVictim(
  stand: Stand,
  scenario: Scenario,
  client: Client,
  env: Record<string, string>,
  order: Order,
): Promise<Ran> {
  const victim = await stand.supply.take();
  const url = await victim.open(env);
  await victim.arm(order);
  const struck = victim.struck();
  const isOver = run(stand, scenario, client, victim, url);
  if (order.kind === 'crash') {
    const unmet = isOver.then(() => pause(1_000)).then(() => 'unmet' as const);
    const met = await Promise.race([struck, unmet]);
    if (met === 'unmet') {
      await victim.kill();
      throw new NotReached(order.boundary);
    }
    if (met === 'died') {
      await isOver;
      return { boundaries: [], log: victim.takeLog() };
    }
  }
  await isOver;
  await pause(order.kind === 'record' ? fadingMs : 0);
  const boundaries = await victim.disarm();
  await victim.close();
  const log = victim.takeLog();
  stand.supply.giveBack(victim);
  return { boundaries, log };
}

/** Until the victim has nothing to do any more, or is dead. */
async function run(stand: Stand, scenario: Scenario, client: Client, victim: ServerProcess, url: string) {
  const isWorker = scenario.victim.is === 'worker';
  if (isWorker || scenario.kind === 'upkeep') await victim.work().catch(() => undefined);
  if (!isWorker) await request(stand, client, url);
  const hasEnded = isWorker
    ? async () => (await openOperations(stand, client, [client.npub])).length === 0
    : () => isAtRest(stand, client);
  await until(
    async () => !victim.isAlive() || (await hasEnded()),
    'the run of the victim at its end',
    runLimitMs,
  );
}

async function finish(stand: Stand, scenario: Scenario, client: Client, env: Record<string, string>) {
  const { recoverer } = stand;
  await recoverer.open(env);
  await recoverer.work();
  const hasEnded = async () => {
    await decide(stand, scenario, client);
    const open = await openOperations(stand, client);
    return open.every(({ state }) => state === 'awaiting_payment');
  };
  await until(hasEnded, 'what the attempt has left ended', runLimitMs);
  await recoverer.close();
}

/** Restart, and everything ends by itself; then the client comes again under its key, and everything still holds. */
async function recover(
  stand: Stand,
  scenario: Scenario,
  client: Client,
  env: Record<string, string>,
  earlier: Before,
  victimLog: string,
): Promise<Omit<Outcome, 'boundaries'>> {
  const { world, recoverer } = stand;
  const url = await recoverer.open(env);
  // First what was begun ends; then the wallet's turn comes again.
  if (client.upkeepFee !== null) await putOffAll(world);
  await watchOthers(stand, client, 'now');
  await recoverer.work();
  const startedAt = performance.now();
  const allEnded = async () => {
    await decide(stand, scenario, client);
    return (await openOperations(stand, client)).length === 0;
  };
  // A minting that nobody has paid yet ends when its client comes again.
  if (scenario.kind === 'minting') await request(stand, client, url);
  const violations: string[] = [];
  await until(allEnded, 'the operation ended', recoveryGivenUpMs).catch((error: unknown) =>
    violations.push(`5: ${String(error)}`),
  );
  const recoveryMs = performance.now() - startedAt;
  const first = await judge(stand, client, earlier, victimLog);

  await world.sim.clearFaults();
  await request(stand, client, url);
  const hasAll = async () =>
    (await allEnded()) && (client.upkeepFee === null || (await isKeptUp(stand, client)));
  await until(hasAll, 'the repeated request ended', recoveryGivenUpMs).catch((error: unknown) =>
    violations.push(String(error)),
  );
  await recoverer.close();
  const second = await judge(stand, client, earlier, victimLog + recoverer.takeLog());
  const all = new Set([
    ...violations,
    ...first.violations,
    ...second.violations,
    ...(await oneStory(stand, client)),
  ]);
  const satsLost = Math.max(first.satsLost, second.satsLost);
  return { violations: [...all], satsLost, recoveryMs, payments: first.payments };
}

/** One key, one operation: who was told of one hears of the same again, unless it was cancelled, which frees the key. */
async function oneStory(stand: Stand, client: Client): Promise<string[]> {
  const { operations } = await stored(stand, client);
  const cancelled = new Set(operations.filter(({ state }) => state === 'cancelled').map(({ id }) => id));
  const names = client.told.map(({ body }) => body['transactionId']);
  const lasting = names.filter((name) => typeof name === 'string' && !cancelled.has(name));
  const last = client.told.at(-1);
  const isRefused = client.errand !== null && (last === undefined || last.status >= 400);
  return [
    ...(new Set(lasting).size > 1 ? ['two operations were told of under one key'] : []),
    ...(isRefused ? [`the client came again, and was refused: ${JSON.stringify(last?.body)}`] : []),
  ];
}

/** Its ecash is as it should be, and no look at it is still to come. One that failed comes again in minutes: they pass. */
async function isKeptUp({ world }: Stand, { npub }: Client): Promise<boolean> {
  const look = await lastLook(world, npub);
  if (look === 'failed') await makeDue(world, npub);
  return look === 'begun' && hadUpkeep(world, npub, 'kept_up');
}

/** The Lightning network decides a payment that hangs, if there is one. */
async function decide({ world }: Stand, scenario: Scenario, { paymentHash }: Client): Promise<void> {
  if (scenario.kind !== 'melt' || scenario.decided === null || paymentHash === null) return;
  await world.sim.settle(paymentHash, scenario.decided).catch(() => undefined);
}

/** Nothing that it came for is in hand; or its turn has come and gone, with an upkeep or without. */
async function isAtRest({ world }: Stand, { npub, upkeepFee }: Client): Promise<boolean> {
  if (upkeepFee !== null) {
    const look = await lastLook(world, npub);
    return look === 'failed' || (look === 'begun' && (await hadUpkeep(world, npub, 'ended')));
  }
  const held = { npub, lease_owner: { $ne: null }, lease_until: { $gt: new Date() } };
  return (await world.context.database.operations.countDocuments(held)) === 0;
}

/** What of these wallets’ has not ended. A token that is out has, unless somebody has it by now, which is to be noticed. */
async function openOperations(
  { world }: Stand,
  client: Client,
  npubs = partiesOf(client),
): Promise<OperationDocument[]> {
  const { operations } = world.context.database;
  const open = await operations.find({ npub: { $in: npubs }, open: true }).lean<OperationDocument[]>();
  const parties = { $in: partiesOf(client) };
  const isTaken =
    (await operations.countDocuments({ npub: parties, kind: 'receive', state: 'received' })) > 0;
  return open.filter(({ state }) => state !== 'sent' || isTaken);
}

/** When the worker looks for whoever may have taken the other wallet’s tokens: no step of what a victim does. */
async function watchOthers({ world }: Stand, { errand }: Client, when: 'now' | 'later'): Promise<void> {
  if (errand === null || errand.other === null) return;
  const dueAt = new Date(Date.now() + (when === 'now' ? 0 : 3_600_000));
  const { operations } = world.context.database;
  await operations.updateMany({ npub: errand.other.npub, state: 'sent' }, { $set: { due_at: dueAt } });
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const late = pause(limitMs, undefined, { ref: false }).then(() => {
    throw new NotReached('the crash that comes before');
  });
  return Promise.race([work, late]);
}

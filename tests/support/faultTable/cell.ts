import { expect } from '@jest/globals';
import type { FaultWish } from '../../../simulator/client.ts';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import { type Reply, startWorld, type TestWallet, until, type World } from '../world.ts';
import type { FaultRow } from './faults.ts';
import type { Phase } from './phases.ts';
import { createSentry, type Sentry } from './sentry.ts';

/** What the mint reserves for Lightning fees; all of it comes back as change, in more than one signature. */
export const feeReserve = 3;

/** A world whose clock (ours and the mint's) can jump, and whose way to the mint is guarded. */
export type Stand = { world: World; sentry: Sentry; jump: (ms: number) => void };

export async function startStand(): Promise<Stand> {
  const sentry = createSentry();
  let aheadMs = 0;
  const clock = () => Date.now() + aheadMs;
  const world = await startWorld({
    simulator: { clock, feeReserveMinSat: feeReserve },
    env: {
      CRUCIBLE_ANSWER_WITHIN_MS: '700',
      CRUCIBLE_FENCE_DELAY_MS: '100',
      CRUCIBLE_MINT_TIMEOUT_MS: '1500',
      CRUCIBLE_MELT_TIMEOUT_MS: '1500',
      CRUCIBLE_WORKER_INTERVAL_MS: '25',
    },
    overrides: { transport: sentry.transport, now: () => new Date(clock()) },
  });
  return {
    world,
    sentry,
    jump: (ms) => {
      aheadMs += ms;
    },
  };
}

/** A wallet with ecash worth `amount`. The fault before may have left the server shy of the mint: it tries until it may. */
export async function fundedWallet(world: World, amount: number): Promise<TestWallet> {
  const wallet = await world.wallet();
  await mintAnswers(world, wallet);
  await wallet.fund(amount);
  return wallet;
}

/** Waits until the server asks the mint again. */
export async function mintAnswers(world: World, { at }: TestWallet): Promise<void> {
  const { invoice } = await world.sim.invoice({ amount: 1 });
  const asks = () => world.call('POST', `${at}/melt/quote`, { invoice });
  await until(async () => (await asks()).status === 200, 'the mint answering again');
}

/** Sets the stage, and the fault where it is to be met. Tells the operation's states each time that it was. */
export async function lay({ world, sentry }: Stand, npub: string, phase: Phase, fault: FaultRow) {
  const met: string[] = [];
  const arm = async () => {
    const act = async () => void met.push(await stateOf(world, npub));
    sentry.watch({ leaving: { request: phase.request, act } });
    await world.sim.addFaults(...fault.rules(phase));
    await world.sim.setClock(fault.clockOffByMs ?? 0);
  };
  await world.sim.addFaults(...phase.stage);
  if (phase.armedBy === null) await arm();
  else sentry.watch({ back: { request: phase.armedBy, act: arm } });
  return () => met;
}

/** The trouble is over: nothing is faulted any more, what was held or late arrives. */
export async function heal({ world, sentry }: Stand, phase: Phase, fault: FaultRow): Promise<void> {
  const kinds = fault.rules(phase).map((rule) => kindOf(rule.fault));
  const met = async (kind: string) =>
    (await world.sim.faults()).rules.some((rule) => rule.fault.kind === kind && rule.met > 0);
  for (const kind of kinds) await until(() => met(kind), `${kind} met by the mint`);
  sentry.watch({});
  await world.sim.clearFaults();
  await world.sim.setClock(0);
  await world.sim.release();
}

/** Nobody is at work on any operation: a request that is still on its way would meet the next cell's fault. */
export async function allAtRest({ world }: Stand): Promise<void> {
  const held = () => world.context.database.operations.countDocuments({ lease_owner: { $ne: null } });
  await until(async () => (await held()) === 0, 'all operations at rest');
}

const kindOf = (fault: FaultWish['fault']) => (typeof fault === 'string' ? fault : fault.kind);

async function stateOf(world: World, npub: string): Promise<string> {
  const [newest] = await operationsOf(world, npub);
  return newest === undefined || !newest.open ? 'before' : newest.state;
}

/** Newest first. */
export function operationsOf(
  world: World,
  npub: string,
  kind?: 'melt' | 'minting',
): Promise<OperationDocument[]> {
  return world.context.database.operations
    .find({ npub, ...(kind === undefined ? {} : { kind }) })
    .sort({ created_at: -1 })
    .lean<OperationDocument[]>();
}

/** No answer, whatever happened, shows what is none of the client's business. */
export function expectDecentWords({ status, body }: Reply): void {
  expect(status).not.toBe(500);
  expect(JSON.stringify(body)).not.toMatch(/"stack"|node_modules|Mongo|mongoose|at .*\.ts:|"secret"/);
}

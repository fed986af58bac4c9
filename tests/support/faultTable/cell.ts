import { expect } from '@jest/globals';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import { expectRealMoney } from '../money.ts';
import type { Reply, TestWallet } from '../world.ts';
import type { FaultRow } from './faultRow.ts';
import type { Phase, Requested } from './phases.ts';
import type { Sentry } from './sentry.ts';
import { circuit, type Stand } from './stand.ts';

/** A fault that has been laid for one phase: whether the server has run into it yet, and what the simulator counts. */
export type Trap = {
  /** The operation's state when the request left that the fault is for; null = it has not left. */
  metIn: () => string | null;
  ruleIds: () => readonly number[];
};

/** Waits until the server asks the mint again: the fault before may have left it shy. */
export async function mintAnswers({ world, until }: Stand, { at }: TestWallet): Promise<void> {
  if ((await circuit(world)) === 'closed') return;
  await until(async () => (await circuit(world)) !== 'open', 'the mint asked again');
  const { invoice } = await world.sim.invoice({ amount: 1 });
  const asks = () => world.call('POST', `${at}/melt/quote`, { invoice });
  await until(async () => (await asks()).status === 200, 'the mint answering again');
}

/** Sets the stage, and the fault where it is to be met. */
export async function lay(stand: Stand, npub: string, phase: Phase, fault: FaultRow): Promise<Trap> {
  const { world, sentry, outlastClient } = stand;
  let metIn: string | null = null;
  let ruleIds: readonly number[] = [];
  const arm = async () => {
    const act = async () => {
      metIn = await stateOf(stand, npub);
    };
    sentry.once('leaving', phase.request, act);
    await world.sim.release();
    ruleIds = await world.sim.addFaults(...fault.rules(phase));
    if (fault.clockOffByMs !== undefined) await world.sim.setClock(fault.clockOffByMs);
  };
  if (phase.stage.length > 0) await world.sim.addFaults(...phase.stage);
  if (phase.outlastedBy !== null) sentry.once('back', phase.outlastedBy, async () => outlastClient());
  await onceAllBack(sentry, phase.armedBy, arm);
  return { metIn: () => metIn, ruleIds: () => ruleIds };
}

async function onceAllBack(
  sentry: Sentry,
  [next, ...others]: readonly Requested[],
  act: () => Promise<void>,
): Promise<void> {
  if (next === undefined) await act();
  else sentry.once('back', next, () => onceAllBack(sentry, others, act));
}

/** The operation took another turn than the phase describes, as it may where the machine is busy and replies come late. */
export class NotMet extends Error {}

/** The server has run into the fault, in the state that the phase names. @throws NotMet */
export async function springs(
  stand: Stand,
  wallet: TestWallet,
  trap: Trap,
  phase: Phase,
  fault: FaultRow,
): Promise<void> {
  const isMetOrOver = async () => trap.metIn() !== null || !(await hasOpen(stand, wallet));
  await stand.until(isMetOrOver, `“${fault.name}” met in “${phase.name}”`);
  const metIn = trap.metIn();
  if (metIn !== phase.state)
    throw new NotMet(`“${fault.name}” met in “${phase.name}”: in ${metIn ?? 'no'} state, not ${phase.state}`);
}

/** The trouble is over: nothing is faulted any more, what was held or late arrives. Every rule must have told by then. */
export async function heal(stand: Stand, trap: Trap, fault: FaultRow): Promise<void> {
  const { world, sentry, until } = stand;
  const ids = trap.ruleIds();
  const hasTold = async () => {
    const { rules } = await world.sim.faults();
    return rules.filter(({ id }) => ids.includes(id)).every(({ changed }) => changed > 0);
  };
  if (ids.length > 0) await until(hasTold, `“${fault.name}” made a difference`);
  sentry.forget();
  await world.sim.clearFaults();
  if (fault.clockOffByMs !== undefined) await world.sim.setClock(0);
  await world.sim.release();
}

/** After a cell that went wrong: nothing of it may befall the next. */
export async function calm(stand: Stand): Promise<void> {
  const { world, sentry, until } = stand;
  sentry.forget();
  await world.sim.clearFaults();
  await world.sim.setClock(0);
  await world.sim.release();
  const open = () => world.context.database.operations.countDocuments({ open: true });
  await until(async () => (await open()) === 0, 'what a failed cell has left at its end').catch(
    () => undefined,
  );
}

/** Nobody is at work on any operation: a request that is still on its way would meet the next cell's fault. */
export async function allAtRest({ world, sentry, until }: Stand): Promise<void> {
  const held = () => world.context.database.operations.countDocuments({ lease_owner: { $ne: null } });
  await until(async () => sentry.underWay() === 0 && (await held()) === 0, 'all operations at rest');
}

async function stateOf({ world }: Stand, npub: string): Promise<string> {
  const open = await world.context.database.operations
    .findOne({ npub, open: true }, { state: 1 })
    .lean<Pick<OperationDocument, 'state'>>();
  return open?.state ?? 'before';
}

export async function hasOpen({ world }: Stand, { npub }: TestWallet): Promise<boolean> {
  return (await world.context.database.operations.countDocuments({ npub, open: true })) > 0;
}

export function meltsOf({ world }: Stand, { npub }: TestWallet): Promise<OperationDocument[]> {
  return world.context.database.operations.find({ npub, kind: 'melt' }).lean<OperationDocument[]>();
}

/** Not a sat has appeared or disappeared: what the wallet holds by our books is what the mint has issued since and would take. */
export async function expectBooked(
  { world }: Stand,
  wallet: TestWallet,
  before: { held: number; outstanding: number },
): Promise<number> {
  const balance = await wallet.balance();
  const held = balance['totalBalance'] ?? 0;
  const books = await world.sim.books();
  expect(books.balance.ok).toBe(true);
  expect({ gained: held - before.held }).toEqual({ gained: books.outstanding - before.outstanding });
  expect(balance['reservedBalance']).toBe(0);
  await expectRealMoney(world, wallet.npub);
  return held;
}

/** No answer, whatever happened, shows what is none of the client's business. */
export function expectDecentWords({ status, body }: Reply): void {
  expect(status).not.toBe(500);
  expect(JSON.stringify(body)).not.toMatch(/"stack"|node_modules|Mongo|mongoose|at .*\.ts:|"secret"/);
}

import type { AskedFault, FaultWish } from '../../../../simulator/client.ts';
import type { Dice } from '../../soak/dice.ts';
import type { Town } from '../town.ts';
import { always, type Step } from './step.ts';

const moving = ['/v1/swap', '/v1/swap', '/v1/melt/bolt11', '/v1/mint/bolt11'] as const;
const asking = ['/v1/checkstate', '/v1/restore', '/v1/melt/quote/bolt11*', '/v1/mint/quote/bolt11*'] as const;

const faults: readonly [AskedFault, ...AskedFault[]] = [
  { kind: 'drop_before' },
  { kind: 'drop_after' },
  { kind: 'drop_after' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 500, processed: true },
  { kind: 'html', processed: true },
  { kind: 'delay', delayMs: 150 },
  { kind: 'duplicate' },
  { kind: 'truncate' },
];

/** One fault, which the next request of its kind meets. */
export async function plantFault(town: Town, dice: Dice): Promise<string> {
  const path = dice.chance(0.8) ? dice.pick(moving) : dice.pick(asking);
  const fault = dice.pick(faults);
  const wish: FaultWish = { match: { path }, fault, after: dice.chance(0.2) ? 1 : 0 };
  town.troubledAtMs = Date.now();
  await town.world.sim.addFaults(wish);
  return `${fault.kind} on ${path}`;
}

/** A fault that no request has met for so long would be a surprise by then: nobody expects trouble any more. */
const faultLastsMs = 5_000;

export async function takeOldFaultsBack({ world, troubledAtMs }: Town): Promise<void> {
  if (Date.now() - troubledAtMs > faultLastsMs) await world.sim.clearFaults();
}

const rotate: Step = {
  name: 'rotate the keyset',
  weight: 3,
  isBeside: true,
  isPossible: always,
  async take(town, dice) {
    const inputFeePpk = dice.pick([0, 0, 100, 250]);
    await town.world.sim.rotate({ inputFeePpk });
    return `a fee of ${inputFeePpk} ppk from now on`;
  },
};

const replaceServer: Step = {
  name: 'replace a server',
  weight: 2,
  isBeside: true,
  isPossible: always,
  async take(town) {
    town.troubledAtMs = Date.now();
    await town.replaceServer();
    return 'one more, and one less';
  },
};

export const troubleSteps = [rotate, replaceServer];

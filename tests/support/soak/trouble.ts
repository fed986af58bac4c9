import { setTimeout as pause } from 'node:timers/promises';
import type { FaultWish } from '../../../simulator/client.ts';
import type { Dice } from './dice.ts';
import type { Instance, Town } from './town.ts';

/** What happened how often, and what is going on now. */
export type Troubles = Record<string, number>;

type Trouble = (town: Town, dice: Dice) => Promise<void>;

const troubles: readonly [name: string, Trouble][] = [
  ['server killed', (town, dice) => revived(someone(town, dice), (one) => one.kill(), dice)],
  ['server stopped', (town, dice) => revived(someone(town, dice), (one) => one.stop(), dice)],
  // It refuses where no other node is up to date just now.
  ['primary stepped down', ({ nodes }) => nodes.stepDown().catch(() => undefined)],
  [
    'primary killed',
    async ({ nodes }, dice) => {
      const restart = await nodes.killPrimary();
      await pause(dice.between(500, 4_000));
      await restart();
      await nodes.untilPrimary();
    },
  ],
  ['keyset rotated', ({ sim }, dice) => sim.rotate({ inputFeePpk: dice.pick([0, 0, 100, 1_000]) })],
  ['mint in trouble', mintInTrouble],
  ['mint in trouble', mintInTrouble],
  ['mint in trouble', mintInTrouble],
];

const mintFaults: readonly [FaultWish['fault'], ...FaultWish['fault'][]] = [
  'drop_before',
  'drop_after',
  { kind: 'drop_then_process', afterMs: 1_500 },
  { kind: 'delay', delayMs: 4_000 },
  { kind: 'duplicate', answer: 'second' },
  { kind: 'status', status: 500, processed: true },
  { kind: 'status', status: 503, retryAfterSeconds: 1 },
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'truncate' },
  { kind: 'html', status: 502 },
  'lie_unpaid',
  { kind: 'spoil_signatures', flaws: ['permuted', 'no_dleq'] },
  { kind: 'spoil_signatures', flaws: ['left_out'] },
  { kind: 'override_state', Y: '*', state: 'PENDING' },
  { kind: 'change_late', afterMs: 1_000 },
  { kind: 'melt_pending', result: 'paid', afterMs: 800 },
];

const paths = [
  '*',
  '/v1/melt/bolt11',
  '/v1/swap',
  '/v1/checkstate',
  '/v1/restore',
  '/v1/mint/bolt11',
] as const;

/** One trouble after the other until it is over, and then none. */
export async function makeTrouble(town: Town, dice: Dice, isOver: () => boolean): Promise<Troubles> {
  const counted: Troubles = {};
  while (!isOver()) {
    await pause(dice.between(1_000, 6_000));
    if (isOver()) break;
    const [name, trouble] = dice.pick([troubles[0] ?? ['', async () => undefined], ...troubles.slice(1)]);
    await trouble(town, dice);
    counted[name] = (counted[name] ?? 0) + 1;
  }
  await town.sim.clearFaults();
  await town.sim.release();
  return counted;
}

async function mintInTrouble({ sim }: Town, dice: Dice): Promise<void> {
  const rules = Array.from({ length: dice.between(1, 4) }, () => ({
    ...(dice.chance(0.5) ? { match: { path: dice.pick(paths) } } : {}),
    fault: dice.pick(mintFaults),
    times: null,
    probability: dice.between(1, 6) / 10,
  }));
  await sim.planFaults(dice.between(0, 2 ** 31), ...rules);
  await pause(dice.between(1_000, 6_000));
  await sim.clearFaults();
  await sim.release();
}

async function revived(one: Instance, end: (one: Instance) => Promise<void>, dice: Dice): Promise<void> {
  await end(one);
  await pause(dice.between(0, 3_000));
  await one.revive();
}

function someone({ instances }: Town, dice: Dice): Instance {
  const [first, ...others] = instances;
  if (first === undefined) throw new Error('a town without servers');
  return dice.pick([first, ...others]);
}

import { meltStates } from '../../src/models/operation.ts';
import {
  type Decision,
  decide,
  enoughSwapRefusals,
  type MeltFacts,
  type MintView,
  type Standing,
} from '../../src/services/melt/decision.ts';
import { nearMs, oddForMs } from '../../src/services/operations/oddities.ts';

export const fresh: MeltFacts = {
  state: 'prepared',
  role: 'creator',
  needsSwap: true,
  orphaned: false,
  swapSigned: false,
  swapRefusal: 'none',
  swapSurelyDead: false,
  swapRefusals: 0,
  swapRefusedForMs: null,
  meltReading: 'none',
  meltPosts: 0,
  mayRepeatMelt: false,
  sinceLastMeltMs: 0,
  fenceDelayMs: 120_000,
  unpaidSightings: 0,
  partlySpent: null,
  doubted: null,
  unverified: null,
  fenceDecided: false,
  hasFence: false,
  fenceSigned: false,
  fenceRefusal: 'none',
};
export const untouched: MintView = { quote: 'UNPAID', inputs: 'UNSPENT', outputs: 'UNSIGNED' };

export const decideFor = (facts: Partial<MeltFacts>, view: Partial<MintView> = {}): Decision =>
  decide({ ...fresh, ...facts }, { ...untouched, ...view });

const quotes = ['PAID', 'PENDING', 'UNPAID', 'MISSING', 'UNREACHABLE'] as const;
const inputStates = ['UNSPENT', 'PENDING', 'SPENT', 'PARTLY_SPENT', 'UNREACHABLE'] as const;
const outputStates = ['SIGNED', 'UNSIGNED', 'UNREACHABLE'] as const;
export const views: MintView[] = quotes.flatMap((quote) =>
  inputStates.flatMap((inputs) => outputStates.map((outputs) => ({ quote, inputs, outputs }))),
);

const both = [false, true] as const;
const refusals = ['none', 'keyset_retired', 'definite', 'unlisted', 'nonsense'] as const;
/** An odd state that has lasted so long, and was noted so long ago. */
export const stood = (forMs: number, notedMsAgo = 0): Standing => ({ forMs, notedMsAgo });
const standings = [null, stood(oddForMs - 1), stood(oddForMs, nearMs), stood(oddForMs, nearMs + 1)];

type Choices = { [Name in keyof MeltFacts]: readonly MeltFacts[Name][] };

/** Every value that a fact can take, or one on each side of the border that matters. */
const choices: Choices = {
  state: meltStates,
  role: ['creator', 'worker'],
  needsSwap: both,
  orphaned: both,
  swapSigned: both,
  swapRefusal: refusals,
  swapSurelyDead: both,
  swapRefusals: [enoughSwapRefusals - 1, enoughSwapRefusals],
  swapRefusedForMs: [null, oddForMs - 1, oddForMs],
  meltReading: ['none', 'paid', 'pending', 'rejected', 'unknown'],
  meltPosts: [0, 1, 2],
  mayRepeatMelt: both,
  sinceLastMeltMs: [119_999, 120_000],
  fenceDelayMs: [120_000],
  unpaidSightings: [0, 1, 2],
  partlySpent: standings,
  doubted: standings,
  unverified: [null, stood(0)],
  // What changes with a person's decision is compared by itself: half as many rows.
  fenceDecided: [false],
  hasFence: both,
  fenceSigned: both,
  fenceRefusal: refusals,
};

/** The facts that a state's decision could depend on; the others cannot have come about in it. */
const relevant: Record<MeltFacts['state'], readonly (keyof MeltFacts)[]> = {
  prepared: ['needsSwap', 'orphaned'],
  swapping: [
    'swapSigned',
    'swapRefusal',
    'swapSurelyDead',
    'swapRefusals',
    'swapRefusedForMs',
    'partlySpent',
    'unverified',
  ],
  swapped: ['orphaned', 'swapSigned'],
  melting: ['meltReading', 'meltPosts', 'mayRepeatMelt', 'orphaned', 'sinceLastMeltMs', 'needsSwap'],
  pending: [
    'meltReading',
    'meltPosts',
    'sinceLastMeltMs',
    'unpaidSightings',
    'partlySpent',
    'doubted',
    'hasFence',
  ],
  releasing: [
    'hasFence',
    'fenceSigned',
    'fenceRefusal',
    'meltReading',
    'unpaidSightings',
    'doubted',
    'unverified',
  ],
  paid: ['meltReading', 'hasFence', 'orphaned'],
  settled: [],
  released: [],
  cancelled: [],
  needs_attention: [],
  written_off: [],
};

/** The whole product of a state's facts. */
export function everyFact(state: MeltFacts['state']): MeltFacts[] {
  const names = (['role', ...relevant[state]] as const).filter((name) => name !== 'state');
  return names.reduce<MeltFacts[]>(
    (facts, name) => facts.flatMap((each) => choices[name].map((value) => ({ ...each, [name]: value }))),
    [{ ...fresh, state, needsSwap: true }],
  );
}

export type Row = { facts: MeltFacts; view: MintView; decision: Decision };
export const table: Row[] = meltStates.flatMap((state) =>
  everyFact(state).flatMap((facts) => views.map((view) => ({ facts, view, decision: decide(facts, view) }))),
);
export const rowsWhere = (holds: (row: Row) => boolean): Row[] => table.filter(holds);
export const decisionsOf = (rows: readonly Row[]): Decision[] =>
  [...new Set(rows.map(({ decision }) => decision))].sort();

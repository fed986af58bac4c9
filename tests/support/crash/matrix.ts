import { cellName, type Mode, modes, type Place } from './boundary.ts';
import { NotReached, type Outcome, runCell } from './cell.ts';
import type { Scenario } from './scenarios.ts';
import type { Stand } from './stand.ts';

export type Failure = { cell: string; violations: string[] };

/** One scenario's part of the matrix. */
export type Row = {
  scenario: string;
  boundaries: number;
  cells: number;
  survived: number;
  satsLost: number;
  recoveriesMs: number[];
  failures: Failure[];
};

/** Which cells are to be run, of those that the recording has found. */
export type Choice = (scenario: string, place: Place) => boolean;

/** A busy machine may make a run take another turn; a boundary that never comes again is the harness's failure. */
const maxTries = 3;

/** Records the scenario, then crashes it in every chosen cell, on as many stands at once as there are. */
export async function runScenario(
  stands: readonly Stand[],
  scenario: Scenario,
  chosen: Choice,
): Promise<Row> {
  const row: Row = {
    scenario: scenario.name,
    boundaries: 0,
    cells: 0,
    survived: 0,
    satsLost: 0,
    recoveriesMs: [],
    failures: [],
  };
  const [first] = stands;
  const boundaries = first === undefined ? [] : await record(first, scenario, row);
  row.boundaries = boundaries.length;
  const places = boundaries
    .flatMap((boundary) => modes.map((mode): Place => ({ boundary, mode })))
    .filter((place) => chosen(scenario.name, place));
  const queue = places.values();
  await Promise.all(
    stands.map(async (stand) => {
      for (const place of queue) {
        const outcome = await outcomeOf(stand, scenario, place, row);
        if (outcome !== null) note(row, cellName(scenario.name, place), outcome);
      }
    }),
  );
  return row;
}

/** The boundaries of a run without a crash, which must keep the invariants, too, and end as its scenario says. */
async function record(stand: Stand, scenario: Scenario, row: Row): Promise<string[]> {
  const { boundaries, violations, payments } = await runCell(stand, scenario, { kind: 'record' });
  const due = scenario.kind === 'melt' && scenario.ending === 'paid' ? 1 : 0;
  if (payments !== due) violations.push(`${payments} payments where nothing crashed`);
  if (violations.length > 0) row.failures.push({ cell: `${scenario.name}/no crash`, violations });
  return boundaries;
}

/** Null where the boundary had come by chance: a recording made now does not know it. */
async function outcomeOf(
  stand: Stand,
  scenario: Scenario,
  place: Place,
  row: Row,
): Promise<Outcome | string | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await runCell(stand, scenario, { kind: 'crash', ...place });
    } catch (error) {
      if (!(error instanceof NotReached)) return String(error);
      if (tries < maxTries) continue;
      for (let recordings = 1; recordings <= maxTries; recordings += 1)
        if (!(await record(stand, scenario, row)).includes(place.boundary)) return null;
      return 'the boundary was never reached';
    }
  }
}

function note(row: Row, cell: string, outcome: Outcome | string): void {
  row.cells += 1;
  if (typeof outcome === 'string') {
    row.failures.push({ cell, violations: [outcome] });
    return;
  }
  row.satsLost += Math.abs(outcome.satsLost);
  row.recoveriesMs.push(outcome.recoveryMs);
  if (outcome.violations.length === 0) row.survived += 1;
  else row.failures.push({ cell, violations: outcome.violations });
}

/** Where the most is at stake: what moves money, and what says that it did. For every run of the tests. */
export const essential: Choice = (_scenario, { boundary, mode }) => {
  const wanted = stakes.find(({ name }) => name.test(boundary));
  return wanted?.modes.includes(mode) ?? false;
};

const stakes: { name: RegExp; modes: readonly Mode[] }[] = [
  { name: /^mint POST \/v1\/(swap|melt\/bolt11|mint\/bolt11) /, modes: ['after', 'lost'] },
  { name: /^db commitTransaction /, modes: ['after'] },
];

/** The row of all rows. */
export function sumOf(rows: readonly Row[]): Row {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    scenario: 'all',
    boundaries: sum((row) => row.boundaries),
    cells: sum((row) => row.cells),
    survived: sum((row) => row.survived),
    satsLost: sum((row) => row.satsLost),
    recoveriesMs: rows.flatMap((row) => row.recoveriesMs),
    failures: rows.flatMap((row) => row.failures),
  };
}

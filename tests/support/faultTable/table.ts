import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectBalancedBooks } from '../money.ts';
import { allAtRest, calm, NotMet } from './cell.ts';
import type { FaultRow } from './faultRow.ts';
import { allFaults, canMeet } from './faults.ts';
import { meltCell } from './meltCell.ts';
import { meltPhases } from './meltPhases.ts';
import { mintingCell } from './mintingCell.ts';
import { mintingPhases } from './mintingPhases.ts';
import type { MeltPhase, Phase } from './phases.ts';
import { type Stand, startStand } from './stand.ts';

/**
 * `npm run faults` asks for every cell. In `npm test` each fault meets each state of an operation once, in the first phase
 * where it has a place; each other phase of that state meets two kinds of fault, another two than the phase before it.
 */
const isWhole = process.env['CRUCIBLE_FAULT_TABLE'] === 'whole';

const maxTries = 3;
/** On a machine that does much else, too. */
const limitMs = 180_000;

/** Whether anything in these phases is reported to people, so that there are reports to be held against the truth. */
type Reports = 'some reports' | 'reports in the whole table alone' | 'no reports';

function areExpected(reports: Reports): boolean {
  switch (reports) {
    case 'some reports':
      return true;
    case 'reports in the whole table alone':
      return isWhole;
    case 'no reports':
      return false;
  }
}

/** All faults that have a place in these phases of a melt, one test each. */
export function meltTable(reports: Reports, ...states: Phase['state'][]): void {
  table<MeltPhase>(
    meltPhases.filter(({ state }) => states.includes(state)),
    meltCell,
    reports,
  );
}

/** The same for the phases of a minting. */
export function mintingTable(reports: Reports): void {
  table<Phase>(mintingPhases, mintingCell, reports);
}

function table<P extends Phase>(
  phases: readonly P[],
  cell: (stand: Stand, phase: P, fault: FaultRow) => Promise<string>,
  reports: Reports,
): void {
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand();
  });
  beforeEach(() => stand.nextCell());
  afterAll(async () => {
    await expectBalancedBooks(stand.world).finally(stand.world.end);
  });
  const met = new Set<string>();
  const isFirst = (phase: P, fault: FaultRow): boolean =>
    met.size < met.add(`${phase.state}/${fault.name}`).size;
  for (const [turn, phase] of phases.entries()) {
    describe(phase.name, () => {
      const meeting = allFaults.filter((fault) => canMeet(fault, phase));
      const others = meeting.filter((fault) => !isFirst(phase, fault));
      const chosen = isWhole ? others : twoKindsOf(others, turn);
      const wanted = meeting.filter((fault) => !others.includes(fault) || chosen.includes(fault));
      for (const fault of wanted) {
        it(fault.name, () => attempts(stand, () => cell(stand, phase, fault)), limitMs);
      }
    });
  }
  it(`held against the truth: ${reports}`, () => {
    expect(stand.tally.reportsRead > 0).toBe(areExpected(reports));
  });
}

/** A phase that is never met is the table's failure; one that a busy machine has missed is tried again, with a fresh wallet. */
async function attempts(stand: Stand, cell: () => Promise<string>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await cell();
      return await allAtRest(stand);
    } catch (error) {
      await calm(stand);
      if (!(error instanceof NotMet) || tries === maxTries) throw error;
    }
  }
}

/** Two of the faults that stand for their kind; with each turn the next two. */
function twoKindsOf(faults: readonly FaultRow[], turn: number): FaultRow[] {
  const kinds = faults.filter(({ representative }) => representative === true);
  return kinds.filter((_, index) => kinds.length - ((index + 2 * turn) % kinds.length) <= 2);
}

import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { expectBalancedBooks } from '../money.ts';
import { allAtRest, type Stand, startStand } from './cell.ts';
import { allFaults, canMeet } from './faults.ts';
import { meltCell } from './meltCell.ts';
import { mintingCell } from './mintingCell.ts';
import { type MeltPhase, meltPhases, mintingPhases, type Phase } from './phases.ts';

/** All faults that have a place in these phases of a melt, one test each. */
export function meltTable(...states: Phase['state'][]): void {
  table<MeltPhase>(
    meltPhases.filter(({ state }) => states.includes(state)),
    meltCell,
  );
}

/** The same for the phases of a minting. */
export function mintingTable(): void {
  table<Phase>(mintingPhases, mintingCell);
}

function table<P extends Phase>(
  phases: readonly P[],
  cell: (stand: Stand, phase: P, fault: (typeof allFaults)[number]) => Promise<string>,
): void {
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand();
  });
  afterAll(async () => {
    await expectBalancedBooks(stand.world);
    await stand.world.end();
  });
  for (const phase of phases) {
    describe(phase.name, () => {
      for (const fault of allFaults.filter((one) => canMeet(one, phase.answers))) {
        it(fault.name, async () => {
          await cell(stand, phase, fault);
          await allAtRest(stand);
        });
      }
    });
  }
}

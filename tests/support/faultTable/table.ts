import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals';
import { expectBalancedBooks } from '../money.ts';
import { allAtRest } from './cell.ts';
import type { FaultRow } from './faultRow.ts';
import { allFaults, canMeet } from './faults.ts';
import { meltCell } from './meltCell.ts';
import { meltPhases } from './meltPhases.ts';
import { mintingCell } from './mintingCell.ts';
import { mintingPhases } from './mintingPhases.ts';
import type { MeltPhase, Phase } from './phases.ts';
import { type Stand, startStand } from './stand.ts';

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
  cell: (stand: Stand, phase: P, fault: FaultRow) => Promise<string>,
): void {
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand();
  });
  beforeEach(() => stand.nextCell());
  afterAll(async () => {
    await expectBalancedBooks(stand.world).finally(stand.world.end);
  });
  for (const phase of phases) {
    describe(phase.name, () => {
      for (const fault of allFaults.filter((one) => canMeet(one, phase))) {
        it(fault.name, async () => {
          await cell(stand, phase, fault);
          await allAtRest(stand);
        });
      }
    });
  }
}

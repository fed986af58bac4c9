import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { essential, runScenario } from './matrix.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { openStands, type Stand } from './stand.ts';

/** A cell on a machine that does other things, too, and how many there may be in a scenario. */
const limitMs = 300_000;
const lanes = 2;

/** The cells of these scenarios at which the most is at stake, one test for each scenario. All: `npm run chaos`. */
export function crashTests(group: Group): void {
  describe('a crash at any exchange loses nothing', () => {
    let stands: Stand[] = [];
    let close = async (): Promise<void> => undefined;
    beforeAll(async () => {
      ({ stands, close } = await openStands(lanes));
    }, limitMs);
    afterAll(() => close(), limitMs);

    for (const scenario of scenarios.filter((one) => groupOf(one) === group)) {
      it(
        scenario.name,
        async () => {
          const { cells, survived, satsLost, failures } = await runScenario(stands, scenario, essential);
          expect(failures).toEqual([]);
          expect({ survived, satsLost }).toEqual({ survived: cells, satsLost: 0 });
          expect(cells).toBeGreaterThan(0);
        },
        limitMs,
      );
    }
  });
}

/** Every scenario is in one test file, also those that are still to come. */
type Group =
  | 'melts that end in their request'
  | 'melts that outlive it'
  | 'mintings and workers'
  | 'tokens'
  | 'upkeep';

function groupOf(scenario: Scenario): Group {
  if (scenario.kind === 'token') return 'tokens';
  if (scenario.kind === 'upkeep') return 'upkeep';
  if (scenario.kind === 'minting' || scenario.victim.is === 'worker') return 'mintings and workers';
  return scenario.outlivesRequest ? 'melts that outlive it' : 'melts that end in their request';
}

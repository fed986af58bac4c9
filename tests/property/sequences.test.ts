import { expect, it } from '@jest/globals';
import { runSequence } from '../support/sequences/driver.ts';
import { storyOf } from '../support/sequences/main.ts';

/** `CRUCIBLE_SEQUENCE_SEED` runs one sequence again; `npm run sequences` runs many. */
const chosen = process.env['CRUCIBLE_SEQUENCE_SEED'];
const seeds = chosen === undefined ? [1, 2, 3] : [Number(chosen)];
const steps = 30;

it('whatever wallets do one after the other or at once, balances, histories and the ledger agree', async () => {
  const waiting = [...seeds];
  const stories: string[] = [];
  const lane = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const outcome = await runSequence(seed, steps);
      if (outcome.failure !== null) stories.push(storyOf(outcome, steps));
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(stories.join('\n')).toBe('');
}, 600_000);

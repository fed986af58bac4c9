import { describe, expect, it } from '@jest/globals';
import type { AttemptPurpose } from '../../src/models/operation.ts';
import type { OutputRole, PlannedOutput } from '../../src/models/proof.ts';
import { unbookedOutputs } from '../../src/models/unbookedOutputs.ts';
import { attempt } from '../support/operations.ts';

const rolesOf: Record<AttemptPurpose, OutputRole[]> = {
  swap: ['send', 'keep'],
  melt: ['blank'],
  fence: ['release'],
  issue: ['issue'],
  reclaim: ['release'],
  redeem: ['release'],
};

function output(role: OutputRole): PlannedOutput {
  return { role, amount: 1n, keysetId: '00', counter: 0, B_: '', secret: role, blindingFactor: 1n };
}

/** State of the operation, requests made so far (purpose → posts), S has run → what only somebody else can have spent. */
const rows: [string, Partial<Record<AttemptPurpose, number>>, boolean, OutputRole[]][] = [
  ['prepared', { swap: 0 }, false, ['send', 'keep']],
  ['prepared, an exact subset', { melt: 0 }, false, ['blank']],
  ['swapping', { swap: 1 }, false, ['send', 'keep']],
  ['swapped, melt planned', { swap: 1, melt: 0 }, false, ['send', 'keep', 'blank']],
  ['melting', { swap: 1, melt: 1 }, false, ['keep', 'blank']],
  ['melting an exact subset', { melt: 1 }, false, ['blank']],
  ['pending, posted again', { swap: 1, melt: 3 }, false, ['keep', 'blank']],
  ['pending, booked early', { swap: 1, melt: 1 }, true, ['blank']],
  ['paid, change to come', { swap: 1, melt: 1 }, true, ['blank']],
  ['releasing, fence planned', { swap: 1, melt: 1, fence: 0 }, false, ['keep', 'blank', 'release']],
  ['releasing, booked early', { swap: 1, melt: 1, fence: 1 }, true, ['blank', 'release']],
  ['fenced without a melt', { swap: 1, fence: 1 }, false, ['keep', 'release']],
  ['awaiting payment', {}, false, []],
  ['issuing', { issue: 1 }, false, ['issue']],
];

describe('outputs of an open operation that only somebody else can have spent', () => {
  it.each(rows)('%s', (_state, posts, bookedEarly, expected) => {
    const attempts = (['swap', 'melt', 'fence', 'issue'] as const).flatMap((purpose) => {
      const made = posts[purpose];
      return made === undefined
        ? []
        : [attempt({ purpose, posts: made, outputs: rolesOf[purpose].map(output) })];
    });
    expect(unbookedOutputs(attempts, bookedEarly).map(({ role }) => role)).toEqual(expected);
  });
});

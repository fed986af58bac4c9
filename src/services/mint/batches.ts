import type { Answer } from './gateway.ts';
import { isAboutOneItem } from './replies.ts';

/** What a mint is asked about at once, unless it takes less. */
const mostAtOnce = 100;

/**
 * Asks about many things in portions. How many a mint takes at once it does not say beforehand: a portion that it refuses is
 * halved, and what it then takes is kept to.
 */
export function inBatches<Item, Found>(
  askAbout: (batch: readonly Item[]) => Promise<Answer<readonly Found[]>>,
): (items: readonly Item[]) => Promise<Answer<Found[]>> {
  let taken = mostAtOnce;

  return async (items) => {
    const found: Found[] = [];
    let atOnce = taken;
    for (let start = 0; start < items.length; ) {
      const batch = items.slice(start, start + atOnce);
      const answer = await askAbout(batch);
      if (answer.kind === 'refused' && batch.length > 1 && !isAboutOneItem(answer)) {
        atOnce = Math.ceil(batch.length / 2);
        continue;
      }
      if (answer.kind !== 'answer') return answer;
      found.push(...answer.value);
      start += batch.length;
    }
    // Only now: a portion may also be refused for something in it.
    taken = Math.min(taken, atOnce);
    return { kind: 'answer', value: found };
  };
}

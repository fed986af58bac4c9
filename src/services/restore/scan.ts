import type { ScanProgress } from '../../models/wallet.ts';
import { counterLead } from '../../repositories/counters.ts';

/** So many outputs go into one question (NUT-09), and so many are taken in hand at once. */
export const batchSize = 100;
/** How far beyond the last known index it is looked: failed operations and unused blanks leave gaps. */
export const gapLimit = 300;
/** At how many thousands a scan looks, where earlier recoveries may have set the counter, and how far past each. */
const thousandsAhead = 4;
const pastThousand = 50;

/**
 * The indices that a scan asks about next, at most 100 and in order; none when it is through: up to 300 past the counter
 * and past the last signature, and 50 from each of the next four thousands on, one of which an earlier recovery will have set
 * the counter to, if these books lost that too.
 */
export function nextIndices(progress: ScanProgress): number[] {
  const { next } = progress;
  const used = usedBelow(progress);
  const near = used + gapLimit;
  // What is found before a leap decides how far it goes, so no batch reaches across one.
  if (next < near) return range(next, Math.min(near, next + batchSize));
  for (let ahead = 0; ahead < thousandsAhead; ahead += 1) {
    const from = thousandFrom(used) + ahead * counterLead;
    if (next < from + pastThousand) return range(Math.max(next, from), from + pastThousand);
  }
  return [];
}

/**
 * Where the counter goes on: a thousand to two thousand past everything that is known to be used. Always a whole thousand, for
 * a scan that knows less than this one to find what is signed from there on.
 */
export const counterAfter = (progress: Pick<ScanProgress, 'lastSigned' | 'counter'>): number =>
  thousandFrom(usedBelow(progress) + counterLead);

const usedBelow = ({ lastSigned, counter }: Pick<ScanProgress, 'lastSigned' | 'counter'>): number =>
  Math.max(counter, lastSigned === null ? 0 : lastSigned + 1);

const thousandFrom = (index: number): number => Math.ceil(index / counterLead) * counterLead;

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);

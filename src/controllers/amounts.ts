import { invariant } from '../models/errors.ts';
import { largestSum } from '../models/proof.ts';

/**
 * An amount as a JSON number. Beyond 2^53-1 it would silently become another amount.
 * @throws InvariantBroken outside -(2^53-1) … 2^53-1
 */
export function toJsonAmount(amount: bigint): number {
  invariant(amount <= largestSum && amount >= -largestSum, 'an amount does not fit a JSON number');
  return Number(amount);
}

/**
 * A sum of amounts as a JSON number. Each amount fits, and their sum need not: a mint may sign what it likes. Then the
 * answer is the nearest number that fits, 2^53-1 or its negative, and no error: the wallet must stay readable.
 */
export function toJsonSum(sum: bigint): number {
  if (sum > largestSum) return Number(largestSum);
  return Number(sum < -largestSum ? -largestSum : sum);
}

import { invariant } from '../models/errors.ts';

const largest = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * An amount as a JSON number. Beyond 2^53-1 it would silently become another amount.
 * @throws InvariantBroken outside -(2^53-1) … 2^53-1
 */
export function toJsonAmount(amount: bigint): number {
  invariant(amount <= largest && amount >= -largest, 'an amount does not fit a JSON number');
  return Number(amount);
}

/**
 * A sum of amounts as a JSON number. Each amount fits, and their sum need not: a mint may sign what it likes. Then the
 * answer is the nearest number that fits, 2^53-1 or its negative, and no error: the wallet must stay readable.
 */
export function toJsonSum(sum: bigint): number {
  if (sum > largest) return Number(largest);
  return Number(sum < -largest ? -largest : sum);
}

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

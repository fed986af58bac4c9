import { invariant } from '../../models/errors.ts';

/** Input fee of a transaction (NUT-02): ⌈Σ ppk / 1000⌉ over its inputs. */
export function inputFee(ppks: readonly bigint[]): bigint {
  return (ppks.reduce((sum, ppk) => sum + ppk, 0n) + 999n) / 1000n;
}

/** A keyset's amounts, largest first. */
export function denominations(keys: Record<string, string>): bigint[] {
  return Object.keys(keys)
    .map(BigInt)
    .sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}

/** The fewest amounts of a keyset that add up to `amount`, smallest first. @throws InvariantBroken if it can't be built. */
export function split(amount: bigint, available: readonly bigint[]): bigint[] {
  const parts: bigint[] = [];
  let rest = amount;
  for (const denomination of available) {
    const count = rest / denomination;
    invariant(parts.length + Number(count) <= 1_000, 'an amount needs too many outputs');
    for (let i = 0n; i < count; i += 1n) parts.push(denomination);
    rest %= denomination;
  }
  invariant(rest === 0n, 'the keyset cannot represent an amount');
  return parts.reverse();
}

/**
 * How many blank outputs are enough for any overpay up to `maxChange` (NUT-08, but for the whole possible overpay and for
 * any denominations): per denomination as many as may occur below the next larger one. None where nothing can come back.
 */
export function blankCount(maxChange: bigint, available: readonly bigint[]): number {
  const ascending = [...available].reverse().filter((denomination) => denomination <= maxChange);
  let count = 0n;
  for (const [position, denomination] of ascending.entries()) {
    const next = ascending[position + 1];
    count += next === undefined ? maxChange / denomination : (next - 1n) / denomination;
  }
  invariant(count <= 1_000n, 'the keyset would need too many blank outputs');
  return Number(count);
}

/**
 * What to split off for a melt: the smallest amount whose own input fee is covered, so that
 * `Σ send − fee(send) ≥ need`. Anything above comes back as Lightning change.
 */
export function sendAmountFor(need: bigint, feePpk: bigint, available: readonly bigint[]): bigint {
  const covers = (amount: bigint) => amount - inputFee(split(amount, available).map(() => feePpk)) >= need;
  let enough = need;
  for (let round = 0; round < 100 && !covers(enough); round += 1)
    enough = need + inputFee(split(enough, available).map(() => feePpk));
  invariant(covers(enough), 'no amount covers its own fee');
  // Something in between may split into fewer parts, and so cost less.
  const from = enough - need > maxStepsDown ? enough - maxStepsDown : need;
  for (let amount = from; amount < enough; amount += 1n) if (covers(amount)) return amount;
  return enough;
}

const maxStepsDown = 1_000n;

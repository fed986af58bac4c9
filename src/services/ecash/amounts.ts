import { invariant } from '../../models/errors.ts';
import { demandOfMint } from '../mint/mintError.ts';

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

/**
 * The fewest amounts of a keyset that add up to `amount`, smallest first. Of nothing, nothing can be made: a request without
 * outputs would give its inputs away.
 * @throws DomainError MINT_ERROR if the keyset can't make it, or of more than a thousand parts; InvariantBroken for 0 or less
 */
export function split(amount: bigint, available: readonly bigint[]): bigint[] {
  invariant(amount > 0n, 'outputs are made of more than nothing');
  const parts: bigint[] = [];
  let rest = amount;
  for (const denomination of available) {
    const count = rest / denomination;
    demandOfMint(
      parts.length + Number(count) <= 1_000,
      'has a keyset by which an amount needs too many outputs',
    );
    for (let i = 0n; i < count; i += 1n) parts.push(denomination);
    rest %= denomination;
  }
  demandOfMint(rest === 0n, 'has a keyset that cannot represent an amount');
  return parts.reverse();
}

/**
 * Amounts of a keyset that add up to `amount`, and some of which add up to any less: `copies` of each, beginning with the
 * smallest, and of the rest the fewest. Where its amounts are not powers of two, most sums are there. @throws as `split`
 */
export function everyAmountSplit(amount: bigint, available: readonly bigint[], copies: number): bigint[] {
  const ascending = [...available].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const steps: bigint[] = [];
  let rest = amount;
  for (const step of ascending.flatMap((one) => Array.from({ length: copies }, () => one))) {
    if (step >= rest) break;
    steps.push(step);
    rest -= step;
  }
  return [...steps, ...split(rest, available)];
}

/**
 * How many blank outputs are enough for any overpay up to `maxChange` (NUT-08, but for the whole possible overpay and for
 * any denominations): per denomination as many as may occur below the next larger one. None where nothing can come back.
 * @throws DomainError MINT_ERROR where a thousand are not enough
 */
export function blankCount(maxChange: bigint, available: readonly bigint[]): number {
  const ascending = [...available].reverse().filter((denomination) => denomination <= maxChange);
  let count = 0n;
  for (const [position, denomination] of ascending.entries()) {
    const next = ascending[position + 1];
    count += next === undefined ? maxChange / denomination : (next - 1n) / denomination;
  }
  demandOfMint(count <= 1_000n, 'has a keyset that would need too many blank outputs');
  return Number(count);
}

/**
 * What to split off for a melt: the smallest amount whose own input fee is covered, so that
 * `Σ send − fee(send) ≥ need`. Anything above comes back as Lightning change.
 * @throws DomainError MINT_ERROR where no amount does
 */
export function sendAmountFor(need: bigint, feePpk: bigint, available: readonly bigint[]): bigint {
  const amount = sendAmountUpTo(null, need, feePpk, available);
  demandOfMint(amount !== null, 'takes more for spending its ecash than that is worth');
  return amount;
}

/** The same, or null where it would be more than `most`; `null` there: as much as it takes. */
export function sendAmountUpTo(
  most: bigint | null,
  need: bigint,
  feePpk: bigint,
  available: readonly bigint[],
): bigint | null {
  const isTooMuch = (amount: bigint) => most !== null && amount > most;
  const covers = (amount: bigint) => amount - inputFee(split(amount, available).map(() => feePpk)) >= need;
  let enough = need;
  for (let round = 0; round < 100 && !isTooMuch(enough) && !covers(enough); round += 1)
    enough = need + inputFee(split(enough, available).map(() => feePpk));
  if (isTooMuch(enough) || !covers(enough)) return null;
  // Something in between may split into fewer parts, and so cost less.
  const from = enough - need > maxStepsDown ? enough - maxStepsDown : need;
  for (let amount = from; amount < enough; amount += 1n) if (covers(amount)) return amount;
  return enough;
}

const maxStepsDown = 1_000n;

import { createHash } from 'node:crypto';

/** Amounts of small everyday payments, in sat. */
const [leastSat, mostSat] = [10, 2_000];

/**
 * Log-uniform whole amounts of 10 … 2,000 sat: as many between 10 and 100 as between 100 and 1,000. The same seed and name draw the
 * same amounts.
 */
export function drawAmountsSat(seed: string, name: string, count: number): number[] {
  return Array.from({ length: count }, (_, number) => {
    const share = fractionOf(`${seed}/${name}/${number}`);
    return Math.round(leastSat * (mostSat / leastSat) ** share);
  });
}

/** From 0 up to 1, which is left out. */
function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Units whose amounts can be compared with those of Lightning invoices, preferred first. In any other unit a mint could ask
 * for what it likes, and nobody could tell.
 */
export const knownUnits = ['sat', 'msat'] as const;

const msatIn: Record<string, bigint | undefined> = { sat: 1000n, msat: 1n };

/** An amount in msat; null for a unit that is not known. */
export function msatOf(amount: bigint, unit: string): bigint | null {
  const each = msatIn[unit];
  return each === undefined ? null : amount * each;
}

/** Whether an amount is what an invoice asks for, less than one of its units more or less. */
export function isWorth(amount: bigint, unit: string, msat: bigint): boolean {
  const each = msatIn[unit];
  return each !== undefined && amount >= msat / each && amount * each < msat + each;
}

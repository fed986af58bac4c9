/**
 * What is known of the units that ecash counts in. Only of sat and msat is it known what they are worth on Lightning. In any
 * other (usd, eur, …) the mint sets the price, and nobody here can tell whether it is fair.
 */

/** How a mint may name a unit: it is told in answers and in errors. */
export const unitPattern = /^[A-Za-z0-9._-]{1,32}$/;

const msatIn: ReadonlyMap<string, bigint> = new Map([
  ['sat', 1_000n],
  ['msat', 1n],
]);

/** Those whose worth is known, preferred first, and then the others as they stand; each once. */
export function inOrder(units: readonly string[]): string[] {
  const known = [...msatIn.keys()].filter((unit) => units.includes(unit));
  return [...new Set([...known, ...units])];
}

export const hasKnownWorth = (unit: string): boolean => msatIn.has(unit);

/** An amount in msat; null for a unit of unknown worth. */
export function msatOf(amount: bigint, unit: string): bigint | null {
  const each = msatIn.get(unit);
  return each === undefined ? null : amount * each;
}

/** An amount in sat, rounded up; null for a unit of unknown worth. */
export function satOf(amount: bigint, unit: string): bigint | null {
  const msat = msatOf(amount, unit);
  return msat === null ? null : (msat + 999n) / 1_000n;
}

/** So many sat in a unit; null for one of unknown worth. */
export function inUnit(sat: bigint, unit: string): bigint | null {
  const each = msatIn.get(unit);
  return each === undefined ? null : (sat * 1_000n) / each;
}

/**
 * Whether an amount is what an invoice asks for, less than one of its units more or less. Of a unit of unknown worth it never
 * is: ask `hasKnownWorth` first.
 */
export function isWorth(amount: bigint, unit: string, msat: bigint): boolean {
  const each = msatIn.get(unit);
  return each !== undefined && amount >= msat / each && amount * each < msat + each;
}

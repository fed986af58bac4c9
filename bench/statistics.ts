/** The smallest of the values that so many percent of them do not exceed (nearest rank); null = there are none. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? null;
}

/** The cumulative counts of a Prometheus histogram by upper bound, over all series that have this label. */
export function bucketsOf(
  samples: ReadonlyMap<string, number>,
  name: string,
  label: string,
): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  for (const [series, count] of samples) {
    if (!series.startsWith(`${name}_bucket{`) || !series.includes(label)) continue;
    const bound = /\ble="([^"]+)"/.exec(series)?.[1];
    if (bound === undefined) continue;
    const upper = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    buckets.set(upper, (buckets.get(upper) ?? 0) + count);
  }
  return buckets;
}

/** Histograms of several processes as one, by upper bound. */
export function addedUp(all: readonly ReadonlyMap<number, number>[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const buckets of all)
    for (const [bound, count] of buckets) sums.set(bound, (sums.get(bound) ?? 0) + count);
  return sums;
}

/**
 * The upper bound of the bucket in which this percentile of what came between two readings lies: it was that, or less.
 * null = nothing came.
 */
export function percentileBound(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  percent: number,
): number | null {
  const bounds = [...after.keys()].toSorted((one, other) => one - other);
  const counts = bounds.map((bound) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0));
  const total = counts.at(-1) ?? 0;
  if (total === 0) return null;
  const rank = Math.ceil((percent / 100) * total);
  return bounds[counts.findIndex((count) => count >= rank)] ?? null;
}

/** What grew between two readings, by name, without what stood still. */
export function growth(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by > 0));
}

export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

import { type Scrape, sumOf } from './scrapes.ts';

/** More was counted than before anything was wrong. */
export const hasGrown = (now: Scrape | null, calm: Scrape, name: string, ...labels: string[]): boolean =>
  now !== null && sumOf(now, name, ...labels) > sumOf(calm, name, ...labels);

/** Nothing was counted since the scrape before. */
export function standsStill(count: (now: Scrape) => number): (now: Scrape) => boolean {
  let last: number | null = null;
  return (now) => {
    const before = last;
    last = count(now);
    return before === last;
  };
}

/** How many of a histogram took longer than one of its limits, e.g. `slowerThan(scrape, 'x_seconds', '5')`. */
export const slowerThan = (now: Scrape, name: string, seconds: string, ...labels: string[]): number =>
  sumOf(now, `${name}_count`, ...labels) - sumOf(now, `${name}_bucket`, `le="${seconds}"`, ...labels);

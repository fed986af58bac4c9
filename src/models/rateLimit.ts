/**
 * What requests are counted by: where they come from, the API key, the owner of a wallet, and of a wallet its melts, its
 * comparisons with the mint, and the recoveries that were asked for.
 */
export const rateLimitNames = ['address', 'key', 'npub', 'melt', 'compare', 'restore'] as const;
export type RateLimitName = (typeof rateLimitNames)[number];

/** How many requests each of them may make in a minute. */
export type RateLimits = Record<RateLimitName, number>;

export const defaultRateLimits: Readonly<RateLimits> = {
  address: 3_000,
  key: 3_000,
  npub: 600,
  melt: 240,
  // Each may be a hundred questions to the mint, or seconds of arithmetic.
  compare: 30,
  restore: 10,
};

export const maxPerMinute = 1_000_000;
export const rateWindowMs = 60_000;

/** How many requests there were in the present minute, this one included, and when the next begins. */
export type RateCount = { requests: number; resetsAt: Date };

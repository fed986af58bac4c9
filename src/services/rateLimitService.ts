import { defaultRateLimits, type RateLimits, rateLimitNames } from '../models/rateLimit.ts';
import type { RateCounters } from '../repositories/rateCounters.ts';
import type { RateLimitRepository } from '../repositories/rateLimits.ts';
import type { RateLimitService } from './contracts.ts';

type Parts = {
  isOn: boolean;
  limits: RateLimitRepository;
  counters: Pick<RateCounters, 'count'>;
  now: () => Date;
};

/** How old what is known of the limits may be when a request has it looked up anew. */
const rereadMs = 1_000;

/** Limits of requests per minute: the defaults, and what operators have set in their place for all instances. */
export function createRateLimitService({ isOn, limits, counters, now }: Parts): RateLimitService {
  let current: Readonly<RateLimits> = defaultRateLimits;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  let wasRead = false;

  /** What was known stays where the database does not answer. */
  async function read(): Promise<void> {
    const set = await limits.all().catch(() => null);
    if (set !== null) current = { ...defaultRateLimits, ...set };
    readAtMs = performance.now();
    wasRead = true;
    reading = null;
  }

  return {
    isOn,
    perMinute: (name) => current[name],

    async count(name, who) {
      if (performance.now() - readAtMs > rereadMs) reading ??= read();
      if (!wasRead) await reading;
      return counters.count(name, who, current[name]);
    },

    async list() {
      const set = await limits.all();
      return rateLimitNames.map((name) => ({
        name,
        perMinute: set[name] ?? defaultRateLimits[name],
        defaultPerMinute: defaultRateLimits[name],
      }));
    },

    set: (name, perMinute) => limits.set(name, perMinute, now()),
    reset: (name) => limits.remove(name),
  };
}

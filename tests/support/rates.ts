import {
  defaultRateLimits,
  maxPerMinute,
  type RateLimitName,
  rateLimitNames,
} from '../../src/models/rateLimit.ts';
import type { RateLimitService } from '../../src/services/contracts.ts';
import { until } from './world.ts';

/** For tests of something else, which come from one address, with one key, as often as they can. */
export async function allowAnyRate(rateLimits: RateLimitService): Promise<void> {
  for (const name of rateLimitNames) await rateLimits.set(name, maxPerMinute);
}

type Server = { url: string; context: { services: { rateLimits: RateLimitService } } };

/** Sets a limit in the database, and waits until these servers go by it. They must trust loopback to name an address. */
export async function limit(
  name: RateLimitName,
  perMinute: number,
  servers: readonly Server[],
): Promise<void> {
  await servers[0]?.context.services.rateLimits.set(name, perMinute);
  await known(name, perMinute, servers);
}

/** Back to the defaults, in the database and on these servers. */
export async function resetLimits(servers: readonly Server[]): Promise<void> {
  for (const name of rateLimitNames) await servers[0]?.context.services.rateLimits.reset(name);
  for (const name of rateLimitNames) await known(name, defaultRateLimits[name], servers);
}

async function known(name: RateLimitName, perMinute: number, servers: readonly Server[]): Promise<void> {
  for (const { url, context } of servers)
    await until(async () => {
      await fetch(`${url}/api/nothing`, { headers: { 'x-forwarded-for': '192.0.2.99' } });
      return context.services.rateLimits.perMinute(name) === perMinute;
    }, `the limit ${name} of ${perMinute}`);
}

let addresses = 0;
/** An address that no other test of the file has used, of those for documentation (RFC 3849); each in a /64 of its own. */
export function freshAddress(): string {
  addresses += 1;
  return `2001:db8:0:${addresses.toString(16)}::1`;
}

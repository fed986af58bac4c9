import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { createContext } from '../context.ts';
import { maxPerMinute, type RateLimitName, rateLimitNames } from '../models/rateLimit.ts';
import type { RateLimitService } from '../services/contracts.ts';
import { UsageError } from './keys.ts';

type Asked =
  | { verb: 'list'; json: boolean }
  | { verb: 'set'; name: RateLimitName; perMinute: number }
  | { verb: 'reset'; names: readonly RateLimitName[] };

/**
 * `crucible limits list|set|reset`. Servers go by what is set within seconds.
 * @returns the exit code
 * @throws UsageError naming what is wrong; nothing was done then
 */
export async function limits(words: readonly string[]): Promise<number> {
  const asked = readWords(words);
  const { services, dispose } = await createContext(loadConfig());
  try {
    await obey(services.rateLimits, asked);
    return 0;
  } finally {
    await dispose();
  }
}

async function obey(rateLimits: RateLimitService, asked: Asked): Promise<void> {
  switch (asked.verb) {
    case 'list':
      process.stdout.write(`${await listed(rateLimits, asked.json)}\n`);
      return;
    case 'set':
      await rateLimits.set(asked.name, asked.perMinute);
      process.stderr.write(`${asked.name}: ${asked.perMinute} a minute, on every server within seconds.\n`);
      return;
    case 'reset':
      for (const name of asked.names) await rateLimits.reset(name);
      process.stderr.write(
        `${asked.names.join(', ')}: as it is by default, on every server within seconds.\n`,
      );
      return;
  }
}

async function listed(rateLimits: RateLimitService, json: boolean): Promise<string> {
  const all = await rateLimits.list();
  if (json) return JSON.stringify(all, null, 2);
  const rows = all.map(({ name, perMinute, defaultPerMinute }) => [name, perMinute, defaultPerMinute]);
  return [['LIMIT', 'PER MINUTE', 'DEFAULT'], ...rows]
    .map(
      ([name, perMinute, fallback]) => `${String(name).padEnd(9)}${String(perMinute).padEnd(12)}${fallback}`,
    )
    .join('\n');
}

function readWords([verb, ...words]: readonly string[]): Asked {
  const [name, perMinute, ...others] = words;
  switch (verb) {
    case 'list':
      return { verb, json: isJson(words) };
    case 'set':
      if (others.length > 0) throw new UsageError('limits set takes a limit and a number');
      return { verb, name: nameIn(name), perMinute: count(perMinute) };
    case 'reset':
      if (perMinute !== undefined)
        throw new UsageError('limits reset takes one limit, or none for all of them');
      return { verb, names: name === undefined ? rateLimitNames : [nameIn(name)] };
    default:
      throw new UsageError(verb === undefined ? 'limits: what about them?' : 'unknown command');
  }
}

function isJson(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values.json === true;
  } catch {
    throw new UsageError('limits list takes --json or nothing');
  }
}

function nameIn(text: string | undefined): RateLimitName {
  const name = rateLimitNames.find((known) => known === text);
  if (name === undefined) throw new UsageError(`a limit is one of ${rateLimitNames.join(', ')}`);
  return name;
}

function count(text = ''): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maxPerMinute)
    throw new UsageError(`a limit is a whole number of requests a minute, from 1 to ${maxPerMinute}`);
  return value;
}

import { type RateLimitName, type RateLimits, rateLimitNames } from '../models/rateLimit.ts';
import type { RateLimitDocument } from '../models/schemas/rateLimit.ts';
import type { Database } from './database.ts';

export type RateLimitRepository = ReturnType<typeof createRateLimitRepository>;

/** Limits that operators have set, for all instances. */
export function createRateLimitRepository(database: Pick<Database, 'rateLimits'>) {
  /** Those that were set. A name that this version does not know is passed over. */
  async function all(): Promise<Partial<RateLimits>> {
    const documents = await database.rateLimits.find().lean<RateLimitDocument[]>();
    return Object.fromEntries(
      rateLimitNames.flatMap((name) => {
        const found = documents.find(({ _id }) => _id === name);
        return found === undefined ? [] : [[name, found.per_minute]];
      }),
    );
  }

  async function set(name: RateLimitName, perMinute: number, at: Date): Promise<void> {
    const change = { $set: { per_minute: perMinute, set_at: at } };
    await database.rateLimits.updateOne({ _id: name }, change, { upsert: true });
  }

  async function remove(name: RateLimitName): Promise<void> {
    await database.rateLimits.deleteOne({ _id: name });
  }

  return { all, set, remove };
}

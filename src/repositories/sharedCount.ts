import type { Counted } from '../models/standing.ts';
import { within } from '../timing.ts';
import type { Database } from './database.ts';
import { fromJson, toJson } from './json.ts';
import { duplicateKeyIndex } from './transaction.ts';

export type Question<T> = {
  name: string;
  /** It is asked anew when the last answer is older than this. */
  everyMs: number;
  /** So long `ask` may take. Nobody else asks meanwhile. */
  limitMs: number;
  /** @throws database errors as they are */
  ask: () => Promise<T>;
};

/** Whoever scrapes waits no longer. What comes later is there for the next scrape. */
const patienceMs = 2_500;
const storeLimitMs = 2_000;
/** However soon it fails, nobody asks again before. */
const leastClaimMs = 5_000;
/** So long an answer is told after another was due: an alert that waits must not begin anew at each count that fails. */
const graceMs = 60_000;

/**
 * A question that is asked once for all instances: whoever finds the last answer too old asks, the others read what came of it.
 * Where nothing newer is to be had, what was known last is told for another minute.
 * @returns null where nothing that young is known. Answers in 2.5 seconds, and never throws: counting is no reason to fail.
 */
export function createSharedCount<T>(
  { standings }: Pick<Database, 'standings'>,
  { name, everyMs, limitMs, ask }: Question<T>,
): (now: Date) => Promise<Counted<T> | null> {
  const claimMs = Math.max(limitMs, leastClaimMs);
  let last: Counted<T> | null = null;
  let looking: Promise<void> | null = null;

  async function latest(now: Date): Promise<Counted<T> | null> {
    // One at a time: a database that does not answer must not be asked more and more.
    looking ??= look(now)
      .catch(() => undefined)
      .finally(() => {
        looking = null;
      });
    await within(patienceMs, looking, () => undefined);
    return last !== null && isYounger(last.at, everyMs + graceMs, now) ? last : null;
  }

  async function look(now: Date): Promise<void> {
    // What was asked here, and could not be stored, may be younger than what is stored.
    last = nearer(last, await stored(), now);
    if (last !== null && isYounger(last.at, everyMs, now)) return;
    if (!(await claim(now))) return;
    last = { at: now, value: await ask() };
    await standings
      .updateOne({ _id: name }, { $set: { counted: toJson(last), claimed_until: now } })
      .maxTimeMS(storeLimitMs);
  }

  async function stored(): Promise<Counted<T> | null> {
    const found = await standings.findById(name).maxTimeMS(storeLimitMs).lean<{ counted?: string }>();
    return found?.counted === undefined ? null : fromJson<Counted<T>>(found.counted);
  }

  /** @returns whether this instance shall ask */
  async function claim(now: Date): Promise<boolean> {
    const until = new Date(now.getTime() + claimMs);
    const tooFar = new Date(now.getTime() + 2 * claimMs);
    try {
      const { matchedCount, upsertedCount } = await standings
        .updateOne(
          // One from the future is of a server whose clock is wrong: nobody waits for that time to come.
          { _id: name, $or: [{ claimed_until: { $lte: now } }, { claimed_until: { $gt: tooFar } }] },
          { $set: { claimed_until: until } },
          { upsert: true, setDefaultsOnInsert: false },
        )
        .maxTimeMS(storeLimitMs);
      return matchedCount + upsertedCount === 1;
    } catch (error) {
      // Somebody else asks, or has asked in vain a moment ago.
      if (duplicateKeyIndex(error) === '_id_') return false;
      throw error;
    }
  }

  return latest;
}

const isYounger = (at: Date, thanMs: number, now: Date): boolean =>
  Math.abs(now.getTime() - at.getTime()) < thanMs;

/** Which of two answers is of a time nearer to now; one of the future is of a server whose clock is wrong. */
function nearer<T>(one: Counted<T> | null, other: Counted<T> | null, now: Date): Counted<T> | null {
  if (one === null || other === null) return one ?? other;
  const awayMs = ({ at }: Counted<T>) => Math.abs(now.getTime() - at.getTime());
  return awayMs(one) < awayMs(other) ? one : other;
}

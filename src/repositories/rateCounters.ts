import { createHmac, randomBytes } from 'node:crypto';
import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import type { Logger } from '../logger.ts';
import { type RateCount, type RateLimitName, rateWindowMs } from '../models/rateLimit.ts';
import { describeError } from '../redaction.ts';
import { within } from '../timing.ts';
import type { Database } from './database.ts';
import { createOneByOne } from './oneByOne.ts';

export type RateCounters = ReturnType<typeof createRateCounters>;

type Counter = { perMinute: number; shared: RateLimiterMongo; local: RateLimiterMemory };

const answerWithinMs = 3_000;
/** So long after the database did not answer, nobody waits for it again. */
const localForMs = 1_000;
/** Counters that an instance keeps of one limit by itself, however many callers there are. */
const localCounters = 16_384;

/**
 * Counts requests: exactly, for all instances, in the database; while that does not answer, each instance by itself (ADR 24).
 * Whoever is over a limit is remembered until the minute ends, and costs the database nothing more.
 */
export function createRateCounters(
  database: Pick<Database, 'connection' | 'rateCounters'>,
  logger: Pick<Logger, 'warn'>,
) {
  const { connection, rateCounters } = database;
  const tableName = rateCounters.collection.name;
  // A counter is not worth a majority: what a change of the primary loses is some requests of one minute.
  const storeClient = {
    collection: (name: string) =>
      connection
        .getClient()
        .db(connection.name)
        .collection(name, { writeConcern: { w: 1 } }),
  };
  const counters = new Map<RateLimitName, Counter>();
  const salt = randomBytes(32);
  const oneByOne = createOneByOne();
  let localUntilMs = 0;

  /** A new limit is a new counter over the same documents, which remembers nobody as being over the old one. */
  function counterOf(name: RateLimitName, perMinute: number): Counter {
    const known = counters.get(name);
    if (known?.perMinute === perMinute) return known;
    const common = { keyPrefix: name, points: perMinute, duration: rateWindowMs / 1_000 };
    const shared = new RateLimiterMongo({
      ...common,
      storeClient,
      tableName,
      disableIndexesCreation: true,
      inMemoryBlockOnConsumed: perMinute + 1,
    });
    const made = { perMinute, shared, local: new RateLimiterMemory(common) };
    counters.set(name, made);
    return made;
  }

  /** Several callers may meet in one counter; who they are is known to nobody outside. */
  const placeOf = (who: string): number =>
    createHmac('sha256', salt).update(who).digest().readUInt32BE(0) % localCounters;

  async function countNow(name: RateLimitName, who: string, perMinute: number): Promise<RateCount> {
    const { shared, local } = counterOf(name, perMinute);
    const countHere = () => consumed(local, placeOf(who), perMinute);
    const wasAway = localUntilMs > 0;
    if (Date.now() < localUntilMs) return countHere();
    // One request asks whether the database is back; those beside it need not wait for the answer.
    if (wasAway) localUntilMs = Date.now() + answerWithinMs + localForMs;
    try {
      const counted = await inTime(consumed(shared, who, perMinute));
      localUntilMs = 0;
      return counted;
    } catch (error) {
      localUntilMs = Date.now() + localForMs;
      if (!wasAway)
        logger.warn('requests are counted by each instance alone: the database does not answer', {
          cause: error instanceof Error ? describeError(error) : null,
        });
      return countHere();
    }
  }

  /** Counts one request of `who`. Never throws because of the database. */
  const count = (name: RateLimitName, who: string, perMinute: number): Promise<RateCount> =>
    oneByOne(`${name}:${who}`, () => countNow(name, who, perMinute));

  return { count };
}

/** A database that says nothing at all is given up by its driver after many times as long. */
const inTime = <T>(counting: Promise<T>): Promise<T> =>
  within(answerWithinMs, counting, () => {
    throw new Error('no answer in time');
  });

/** The library rejects with its result where a caller is over the limit. @throws the store's error */
async function consumed(
  limiter: RateLimiterMongo | RateLimiterMemory,
  who: string | number,
  perMinute: number,
): Promise<RateCount> {
  try {
    return countOf(await limiter.consume(who), 0);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    // Those that it remembers as being over the limit it does not count on.
    return countOf(refused, perMinute + 1);
  }
}

const countOf = ({ consumedPoints, msBeforeNext }: RateLimiterRes, atLeast: number): RateCount => ({
  requests: Math.max(consumedPoints, atLeast),
  resetsAt: new Date(Date.now() + msBeforeNext),
});

import { type Attempt, attemptsFor, type MeltOperation } from '../../models/operation.ts';
import { isHeldBack } from '../mint/backendTrouble.ts';
import { hasSignatures, readMelt } from '../mint/replies.ts';
import { refusalOf } from '../operations/renewal.ts';
import { provesPayment } from './change.ts';
import type { MeltFacts, MeltReading, Standing } from './decision.ts';

export type MeltTimes = { fenceDelayMs: number; orphanAfterMs: number };

const maxMeltPosts = 4; // the first, and at most three repeats
const repeatWithinMs = 30_000;

/** What `decide` needs to know of an operation, read from what is stored. */
export function factsOf(
  operation: MeltOperation,
  role: MeltFacts['role'],
  times: MeltTimes,
  now: Date,
): MeltFacts {
  const swaps = attemptsFor(operation, 'swap');
  const melt = latest(attemptsFor(operation, 'melt'));
  const fence = latest(attemptsFor(operation, 'fence'));
  const firstPostAt = operation.timeline.find(({ state }) => state === 'melting')?.at ?? now;
  const lastMeltAt = melt?.endedAt ?? melt?.lastPostAt ?? operation.createdAt;
  return {
    state: operation.state,
    role,
    needsSwap: operation.swap !== null,
    orphaned: now.getTime() - operation.createdAt.getTime() >= times.orphanAfterMs,
    swapSigned: hasSignatures(latest(swaps)),
    swapRefusal: refusalOf(latest(swaps)),
    swapRefusals: swaps.reduce((count, { refusals }) => count + refusals, 0),
    swapRefusedForMs:
      operation.swapRefused && operation.swapRefused.lastAt.getTime() - operation.swapRefused.since.getTime(),
    swapSurelyDead: swaps.length > 0 && areAllRefused(swaps),
    meltReading: meltReading(operation, melt),
    meltPosts: melt?.posts ?? 0,
    mayRepeatMelt:
      (melt?.posts ?? 0) < maxMeltPosts &&
      now.getTime() - firstPostAt.getTime() < repeatWithinMs &&
      (melt === undefined || !isHeldBack(melt, now)),
    sinceLastMeltMs: now.getTime() - lastMeltAt.getTime(),
    fenceDelayMs: times.fenceDelayMs,
    unpaidSightings: operation.unpaidSightings,
    partlySpent: standing(operation.partlySince, operation.partlySeenAt, now),
    doubted: standing(operation.doubtedSince, operation.doubtedSeenAt, now),
    unverified: unverifiedFor(operation, now),
    fenceDecided: operation.fenceDecidedAt !== null,
    hasFence: fence !== undefined,
    fenceSigned: hasSignatures(fence),
    fenceRefusal: refusalOf(fence),
  };
}

/** For how long what the mint shows as its signatures has not verified. */
export function unverifiedFor(operation: MeltOperation, now: Date): Standing | null {
  return standing(operation.unverifiedSince, operation.unverifiedSeenAt, now);
}

/** Of a note that an earlier version made it is not known whether anything has confirmed it. */
function standing(since: Date | null, notedAt: Date | null, now: Date): Standing | null {
  if (since === null) return null;
  const notedMsAgo = notedAt === null ? Number.POSITIVE_INFINITY : now.getTime() - notedAt.getTime();
  return { forMs: now.getTime() - since.getTime(), notedMsAgo };
}

export function latest(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.at(-1);
}

/**
 * PAID is believed at its word only with the preimage that proves it. Without one it is like PENDING: the mint is asked
 * for quote and inputs, because one wrong reply must not book live ecash as spent. The same for a reply about another quote.
 */
function meltReading({ paymentHash, quote }: MeltOperation, attempt: Attempt | undefined): MeltReading {
  if (attempt === undefined || attempt.posts === 0) return 'none';
  if (attempt.reply === null) return 'unknown';
  const reading = readMelt(attempt.reply);
  if (reading.kind === 'paid') {
    const isOurs = reading.quoteId === null || reading.quoteId === quote.id;
    return isOurs && provesPayment(reading.preimage, paymentHash) ? 'paid' : 'pending';
  }
  return reading.kind === 'signed' ? 'unknown' : reading.kind;
}

/** A client waits, and its payment has not left: where it cannot just now, it is told so at once. Else the next look goes on. */
export function isUnsent(operation: MeltOperation, role: MeltFacts['role']): boolean {
  return role === 'creator' && attemptsFor(operation, 'melt').every(({ posts }) => posts === 0);
}

/** Every post of every attempt was refused with a definite code: none can still be under way. */
export function areAllRefused(attempts: readonly Attempt[]): boolean {
  return attempts.every(({ posts, refusals }) => refusals >= posts);
}

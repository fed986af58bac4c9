import { type Attempt, attemptsFor, type MeltOperation } from '../../models/operation.ts';
import { hasSignatures, keysetRetiredCodes, readMelt, saysLater } from '../mint/replies.ts';
import { provesPayment } from './change.ts';
import type { MeltFacts, MeltReading, Refusal } from './decision.ts';

export type MeltTimes = { fenceDelayMs: number; orphanAfterMs: number };

const maxMeltPosts = 4; // the first, and at most three repeats
const repeatWithinMs = 30_000;
/** So often is a swap or fence repeated whose answers nobody understands, before another is made with fees read anew. */
const maxObscureAnswers = 3;

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
    swapAttempts: swaps.length,
    swapRefusedForMs: sinceFirstRefusalMs(swaps, now),
    swapSurelyDead: swaps.every((attempt) => attempt.posts <= 1 && attempt.refusalCode !== null),
    meltReading: meltReading(operation, melt),
    meltPosts: melt?.posts ?? 0,
    mayRepeatMelt:
      (melt?.posts ?? 0) < maxMeltPosts && now.getTime() - firstPostAt.getTime() < repeatWithinMs,
    sinceLastMeltMs: now.getTime() - lastMeltAt.getTime(),
    fenceDelayMs: times.fenceDelayMs,
    unpaidSightings: operation.unpaidSightings,
    partlySpentForMs: sinceMs(operation.partlySince, now),
    doubtedForMs: sinceMs(operation.doubtedSince, now),
    hasFence: fence !== undefined,
    fenceAttempts: attemptsFor(operation, 'fence').length,
    fenceSigned: hasSignatures(fence),
    fenceRefusal: refusalOf(fence),
  };
}

const sinceMs = (since: Date | null, now: Date): number | null =>
  since === null ? null : now.getTime() - since.getTime();

function sinceFirstRefusalMs(attempts: readonly Attempt[], now: Date): number | null {
  const first = attempts.find((attempt) => refusalOf(attempt) !== 'none');
  return sinceMs(first?.endedAt ?? null, now);
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

/** Every post of every attempt was refused by the mint itself: none can still be under way. */
export function areAllRefused(attempts: readonly Attempt[]): boolean {
  return attempts.every(({ posts, refusals }) => refusals >= posts);
}

function refusalOf(attempt: Attempt | undefined): Refusal {
  if (attempt === undefined) return 'none';
  if (attempt.refusalCode === null) return isObscure(attempt) ? 'unlisted' : 'none';
  return keysetRetiredCodes.has(attempt.refusalCode) ? 'keyset_retired' : 'definite';
}

/** Answered often enough, with neither signatures nor a request for patience: the same again will not help. */
function isObscure(attempt: Attempt): boolean {
  const { reply, posts } = attempt;
  return posts >= maxObscureAnswers && reply !== null && !saysLater(reply) && !hasSignatures(attempt);
}

/** Since when the operation has been in its state: repeats and notes do not make the waits short again. */
export function enteredStateAt({ state, timeline, updatedAt }: MeltOperation): Date {
  const before = timeline.findLastIndex((entry) => entry.state !== state);
  return timeline[before + 1]?.at ?? updatedAt;
}

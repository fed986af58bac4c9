import type { Logger } from '../../logger.ts';
import type { Operation } from '../../models/operation.ts';
import type { DueOperation } from '../../repositories/operationLeases.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { isWriteConflict } from '../databaseFaults.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { driveOn, type Handlers } from './driveOn.ts';
import type { Driver } from './driver.ts';
import { createRounds, oneAtATime, type Rounds } from './rounds.ts';

const maxConcurrent = 32;
/** A mint that answers nothing keeps each look waiting for many seconds: it shall not take the places of all others. */
const maxPerMint = 8;
/** Where a round left some for want of room, the next comes this soon. At most `maxPerMint` in each: 32 looks a second. */
const behindMs = 250;
/** More than there is room for, so that operations which cannot be claimed just now hide no others. */
const maxListed = 64;
const claimsAtOnce = 8;
/** So many that cannot be claimed end a round. */
const maxInVain = 256;

const afterErrorMs = 2_000;
/** Somebody else's transaction is over soon; even a dead server's is ended within three seconds. */
const afterConflictMs = 250;

/**
 * Finishes what an earlier process, or a request that gave up waiting, has left. Runs on every instance. `stop` claims nothing
 * more and waits for what is under way. A mint has a limit for what is looked at at once and in a round, so that thousands that
 * fall due together, after an outage of the mint or of ours, reach it at a pace. Longest due first.
 */
export function createWorker(parts: {
  operations: Pick<OperationRepository, 'due' | 'claim' | 'postponeOpen'>;
  mints: Pick<MintDirectory, 'awake' | 'admitsLook' | 'returnLook'>;
  driver: Driver;
  handlers: Handlers;
  intervalMs: number;
  leaseMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { operations, mints, driver, handlers, intervalMs, leaseMs, logger, now } = parts;
  /** The mint of each operation that is being claimed or advanced. */
  const taken = new Map<string, string>();
  const underWay = new Set<Promise<void>>();
  /** How many this round has claimed, or is claiming, at each mint. */
  const begun = new Map<string, number>();
  /** What could not be claimed in this round: it is locked, or somebody else's by now. */
  let inVain = new Set<string>();
  /** The same of the round before. */
  let lastInVain = inVain;
  const looks = oneAtATime(claimAll);
  let soon: NodeJS.Timeout | null = null;
  const rounds = createRounds(intervalMs, async () => {
    if (soon === null) await looks.run();
  });
  let stopped = false;

  /** Claims due operations while there is room, until there is none that was not tried. */
  async function claimAll(): Promise<void> {
    begun.clear();
    lastInVain = inVain;
    inVain = new Set();
    const isRoom = () => taken.size < maxConcurrent && inVain.size < maxInVain;
    try {
      for (let tried = 1; tried > 0 && !stopped && isRoom(); ) tried = await claimListed();
    } catch (error) {
      logger.warn('the worker could not look for open operations', { error });
    }
    if ([...begun.values()].some((count) => count >= maxPerMint)) goOnSoon();
  }

  function goOnSoon(): void {
    if (stopped) return;
    soon = setTimeout(() => {
      soon = null;
      void looks.run();
    }, behindMs).unref();
  }

  /**
   * Claims what is listed, each by itself and several at once: one that is locked holds up no other. What could not be
   * claimed lately is tried last, since each may take half a second. @returns how many were tried
   */
  async function claimListed(): Promise<number> {
    const at = mints.awake().filter((mintUrl) => !isFull(mintUrl));
    if (at.length === 0) return 0;
    const due = await operations.due(now(), { limit: maxListed, at, except: [...inVain] });
    const listed = [
      ...due.filter(({ id }) => !lastInVain.has(id)),
      ...due.filter(({ id }) => lastInVain.has(id)),
    ];
    const left = listed.values();
    let tried = 0;
    const claimOneByOne = async (): Promise<void> => {
      for (const one of left) if (!stopped && (await claim(one))) tried += 1;
    };
    const lanes = await Promise.allSettled(Array.from({ length: claimsAtOnce }, claimOneByOne));
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
    return tried;
  }

  /** @returns whether there was room to try */
  async function claim(due: DueOperation): Promise<boolean> {
    const { id, mintUrl } = due;
    if (taken.has(id) || taken.size >= maxConcurrent || isFull(mintUrl)) return false;
    if (!mints.admitsLook(mintUrl)) return false;
    taken.set(id, mintUrl);
    begun.set(mintUrl, begunAt(mintUrl) + 1);
    let operation: Operation | null = null;
    try {
      operation = await operations.claim(due, driver.owner, leaseMs, now());
    } finally {
      if (operation === null) forgo(id, mintUrl);
    }
    if (operation === null) return true;
    const run = finish(operation).finally(() => {
      taken.delete(id);
      underWay.delete(run);
    });
    underWay.add(run);
    return true;
  }

  /** It could not be claimed: its share of the mint, and its turn there, are for others. */
  function forgo(id: string, mintUrl: string): void {
    taken.delete(id);
    inVain.add(id);
    begun.set(mintUrl, begunAt(mintUrl) - 1);
    mints.returnLook(mintUrl);
  }

  const begunAt = (mintUrl: string): number => begun.get(mintUrl) ?? 0;
  const takenAt = (mintUrl: string): number => [...taken.values()].filter((url) => url === mintUrl).length;
  const isFull = (mintUrl: string): boolean => Math.max(begunAt(mintUrl), takenAt(mintUrl)) >= maxPerMint;

  async function finish(operation: Operation): Promise<void> {
    try {
      const untilMs = now().getTime();
      await driveOn(driver, handlers, operation, { untilMs });
    } catch (error) {
      logger.warn('an operation could not be advanced; it will be tried again', {
        transactionId: operation.id,
        state: operation.state,
        error,
      });
      await postponeAfterError(operation, isWriteConflict(error) ? afterConflictMs : afterErrorMs);
    }
  }

  async function postponeAfterError(operation: Operation, waitMs: number): Promise<void> {
    // Where even this fails the database is away, and the operation simply stays due.
    await operations.postponeOpen(operation, new Date(now().getTime() + waitMs)).catch(() => undefined);
  }

  async function stop(): Promise<void> {
    stopped = true;
    if (soon !== null) clearTimeout(soon);
    await rounds.stop();
    await looks.underWay();
    await Promise.allSettled([...underWay]);
  }

  return { start: rounds.start, stop };
}

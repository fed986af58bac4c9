import type { Operation, OperationStory } from '../../models/operation.ts';
import type { AuditRepository } from '../../repositories/audit.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { timer } from '../../timing.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { OnLastCall } from '../operations/answering.ts';
import { driveOn, type Handlers } from '../operations/driveOn.ts';
import type { Driver } from '../operations/driver.ts';
import type { RecheckOutcome, SupportService } from './contracts.ts';
import { findStory, viewOf } from './standing.ts';

const afterErrorMs = 2_000;

/** Has an operation looked at now, by the worker's own step and under its lease: what a person may hurry, and no more. */
export type Look = (story: OperationStory) => Promise<RecheckOutcome>;

export function createLook(parts: {
  operations: Pick<OperationRepository, 'claimNow' | 'postponeOpen'>;
  mints: Pick<MintDirectory, 'urls'>;
  driver: Driver;
  handlers: Handlers;
  config: { leaseMs: number; answerWithinMs: number };
  /** Keeps a look alive after its request was answered, so that shutdown waits for it. */
  inBackground: (run: Promise<unknown>) => void;
  onLastCall: OnLastCall;
  now: () => Date;
}): Look {
  const { operations, mints, driver, handlers, config, now } = parts;

  async function look(story: OperationStory): Promise<RecheckOutcome> {
    const { mintUrl, state, isOpen } = story;
    if (state === 'needs_attention') return 'NEEDS_DECISION';
    if (!isOpen) return 'ENDED_BEFORE';
    if (!mints.urls.includes(mintUrl)) return 'MINT_NOT_CONFIGURED';
    const operation = await operations.claimNow(story, driver.owner, config.leaseMs);
    return operation === null ? 'BUSY' : within(advance(operation));
  }

  async function advance(operation: Operation): Promise<void> {
    try {
      await driveOn(driver, handlers, operation, { untilMs: now().getTime() });
    } catch (error) {
      // Where even this fails the database is away, and the operation simply stays due.
      const dueAt = new Date(now().getTime() + afterErrorMs);
      await operations.postponeOpen(operation, dueAt).catch(() => undefined);
      if (!isMintTrouble(error)) throw error;
    }
  }

  /** A mint may take its time; whoever asked is told so, and the look goes on. */
  async function within(run: Promise<void>): Promise<RecheckOutcome> {
    parts.inBackground(run.catch(() => undefined));
    const deadline = timer(config.answerWithinMs);
    const lastCall = Promise.withResolvers<void>();
    const forgetLastCall = parts.onLastCall(lastCall.resolve);
    const outOfTime = Promise.race([deadline.elapsed, lastCall.promise]).then(() => 'STILL_ASKING' as const);
    try {
      return await Promise.race([run.then(() => 'LOOKED_AT' as const), outOfTime]);
    } finally {
      deadline.cancel();
      forgetLastCall();
    }
  }

  return look;
}

/** For a person who wants to know now. Before the mint is asked, it stands in the audit log who wanted it. */
export function createRecheck(parts: {
  stories: OperationStories;
  audit: Pick<AuditRepository, 'record'>;
  mints: Pick<MintDirectory, 'health'>;
  look: Look;
  now: () => Date;
}): SupportService['recheck'] {
  const { stories, audit, mints, look, now } = parts;
  return async (transactionId, { keyId, label, requestId }) => {
    const before = await findStory(stories, transactionId);
    const { walletId, npub, mintUrl, state } = before;
    const details = { state, keyId, label, requestId };
    await audit.record({
      walletId,
      npub,
      transactionId,
      event: 'operation.recheck_wanted',
      details,
      at: now(),
    });
    const outcome = await look(before);
    const operation = viewOf(await findStory(stories, transactionId));
    const health = mints.health().find(({ url }) => url === mintUrl);
    return { outcome, operation, mintAnsweredMsAgo: health?.answeredMsAgo ?? null };
  };
}

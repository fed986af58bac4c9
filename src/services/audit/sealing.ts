import type { Logger } from '../../logger.ts';
import type { AuditChain } from '../../repositories/auditChain.ts';
import { createRounds, oneAtATime, type Rounds } from '../operations/timing.ts';

const everyMs = 5_000;
/** So many events are read at a time, … */
const portion = 200;
/** … and so many times in a round: a thousand events a second for each instance. What is left waits for the next. */
const portionsPerRound = 25;
/** Events that cannot be sealed are told so often, and no oftener. */
const tellEveryMs = 3_600_000;

/** `seal` makes a whole round that begins after it was asked for: what was committed before is looked at. */
export type AuditSealing = Rounds & { seal(): Promise<void> };

/**
 * Seals what was committed, a few seconds later (ADR 34). Runs on every instance; no payment waits for it. `stop` begins
 * nothing more, and waits for the round that is under way.
 */
export function createAuditSealing(parts: {
  chain: AuditChain;
  logger: Logger;
  now: () => Date;
}): AuditSealing {
  const { chain, logger, now } = parts;
  /** Where the next portion begins, so that events that cannot be sealed hold up no others. */
  let after: string | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  const sealing = oneAtATime(sealPortions);
  const rounds = createRounds(everyMs, () => sealing.run().catch(warn));

  async function sealPortions(): Promise<void> {
    for (let portions = 0; portions < portionsPerRound && !stopped; portions += 1) {
      const waiting = await chain.waiting(after, portion);
      const byWallet = Map.groupBy(waiting, ({ walletId }) => walletId);
      for (const [walletId, events] of byWallet) {
        const { unfit } = await chain.seal(
          walletId,
          events.map(({ eventId }) => eventId),
          now(),
        );
        if (unfit.length > 0) tell(walletId, unfit);
      }
      // An event that commits late may have an earlier id than some that are sealed: begin anew at the end.
      after = waiting.length < portion ? null : (waiting.at(-1)?.eventId ?? null);
      if (after === null) return;
    }
  }

  function tell(walletId: string, eventIds: readonly string[]): void {
    if (performance.now() - toldAt < tellEveryMs) return;
    toldAt = performance.now();
    logger.error('audit events were changed or removed before they were sealed: run crucible audit verify', {
      walletId,
      eventIds,
    });
  }

  function warn(error: unknown): void {
    logger.warn('audit events could not be sealed; it will be tried again', { error });
  }

  return {
    start: rounds.start,
    seal: async () => {
      await sealing.underWay()?.catch(() => undefined);
      await sealing.run();
    },
    stop: async () => {
      stopped = true;
      await rounds.stop();
      await sealing.underWay();
    },
  };
}

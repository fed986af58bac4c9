import type { Logger } from '../../logger.ts';
import { chainOfServer } from '../../repositories/audit.ts';
import type { AuditChain } from '../../repositories/auditChain.ts';
import type { ReportService } from '../contracts.ts';
import { remember } from '../operations/remember.ts';
import { createRounds, oneAtATime, type Rounds } from '../operations/rounds.ts';

const everyMs = 5_000;
/** So many events are read at a time, … */
const portion = 200;
/** … and so many times in a round. What is left waits for the next. */
const portionsPerRound = 25;
/** So many events that cannot be sealed are remembered; what is forgotten is told once more. */
const maxRemembered = 10_000;
const tellBuriedEveryMs = 3_600_000;
/** So many of them are named in a report. */
const maxNamed = 20;

/** `seal` makes a whole round that begins after it was asked for: what was committed before is looked at. */
export type AuditSealing = Rounds & { seal(): Promise<void> };

/**
 * Seals what was committed, a few seconds later (ADR 34). Runs on every instance; no payment waits for it. `stop` begins
 * nothing more, and waits for the round that is under way.
 */
export function createAuditSealing(parts: {
  chain: AuditChain;
  reports: Pick<ReportService, 'file'>;
  logger: Logger;
  now: () => Date;
}): AuditSealing {
  const { chain, reports, logger, now } = parts;
  /** Where the next portion begins, so that events that cannot be sealed hold up no others. */
  let after: string | null = null;
  /** Events that were told. */
  const told = new Set<string>();
  /** When buried chains were told last. */
  let buriedToldAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  const sealing = oneAtATime(sealPortions);
  const rounds = createRounds(everyMs, () => sealing.run().catch(warn));

  async function sealPortions(): Promise<void> {
    for (let portions = 0; portions < portionsPerRound && !stopped; portions += 1) {
      const waiting = await chain.waiting(after, portion);
      const { unfit, buried } = await chain.seal(waiting, now(), () => !stopped);
      const byWallet = Map.groupBy(unfit, ({ walletId }) => walletId);
      for (const [walletId, events] of byWallet)
        await tell(
          walletId,
          events.map(({ eventId }) => eventId),
        );
      if (buried.length > 0) tellBuried(buried);
      // An event that commits late may have an earlier id than some that are sealed: begin anew at the end.
      after = waiting.length < portion ? null : (waiting.at(-1)?.eventId ?? null);
      if (after === null) return;
    }
  }

  /** Once for each event and process: their marks stay, so every round finds them again. */
  async function tell(walletId: string, unfit: readonly string[]): Promise<void> {
    const eventIds = unfit.filter((id) => !told.has(id));
    if (eventIds.length === 0) return;
    for (const id of eventIds) remember(told, id, maxRemembered);
    logger.error('audit events were changed or removed before they were sealed: run crucible audit verify', {
      walletId,
      eventIds,
    });
    const whose = walletId === chainOfServer ? 'about no single wallet' : 'of this wallet';
    await reports.file({
      dedupeKey: `AUDIT_LOG_CHANGED:${walletId}`,
      severity: 'CRITICAL',
      code: 'AUDIT_LOG_CHANGED',
      walletId: walletId === chainOfServer ? null : walletId,
      summary: `${eventIds.length} audit events ${whose} are not what was written, or are gone, seconds after they were. No server changes or removes any: somebody else writes to the database.`,
      details: { eventIds: eventIds.slice(0, maxNamed) },
    });
  }

  function tellBuried(walletIds: readonly string[]): void {
    if (performance.now() - buriedToldAt < tellBuriedEveryMs) return;
    buriedToldAt = performance.now();
    logger.error('audit chains are buried under links that no server wrote: run crucible audit verify', {
      walletIds,
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

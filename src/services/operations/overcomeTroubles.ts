import type { Logger } from '../../logger.ts';
import type { ReportRepository } from '../../repositories/reports.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createRounds, type Rounds } from './rounds.ts';

const everyMs = 10_000;
/** What comes and goes within a minute is one incident. */
const unmetForMs = 60_000;
/** Nothing shows that a mint makes sense again, as its answers show that it is there: so it is waited for longer. */
const nonsenseUnmetForMs = 3_600_000;

const sensibleSince = 'Every mint has answered since, and nobody has met it for an hour.';

/**
 * Closes the reports of troubles of the whole server (`dedupeKeyOf`) once they are seen to be over, and were not met for a
 * minute; what mints answer without sense, for an hour. Whoever was refused has been answered long ago. Runs on every instance; while the database is away, nothing is closed.
 */
export function createOvercomeTroubles(parts: {
  filed: Pick<ReportRepository, 'closeUnmet'>;
  mints: Pick<MintDirectory, 'health'>;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { filed, mints, logger, now } = parts;

  async function look(): Promise<void> {
    try {
      const at = now();
      const before = new Date(at.getTime() - unmetForMs);
      // That these can be written shows it.
      await filed.closeUnmet('DATABASE_UNAVAILABLE', before, 'The database takes writes again.', at);
      await filed.closeUnmet('SHUTTING_DOWN', before, 'A server takes requests again.', at);
      const heard = mintsHeardSince(at, before);
      if (heard !== null)
        await filed.closeUnmet('MINT_UNAVAILABLE', heard, 'Every mint has answered since.', at);
      const heardLater = mintsHeardSince(at, new Date(at.getTime() - nonsenseUnmetForMs));
      if (heardLater !== null) await filed.closeUnmet('MINT_ERROR', heardLater, sensibleSince, at);
    } catch (error) {
      logger.debug('reports of what is over could not be closed; it will be tried again', { error });
    }
  }

  /** From when on every mint was heard; null where one was not, or is left alone just now. */
  function mintsHeardSince(at: Date, before: Date): Date | null {
    let sinceMs = before.getTime();
    for (const { answeredMsAgo, circuit } of mints.health()) {
      if (answeredMsAgo === null || circuit !== 'closed') return null;
      sinceMs = Math.min(sinceMs, at.getTime() - answeredMsAgo);
    }
    return new Date(sinceMs);
  }

  return createRounds(everyMs, look);
}

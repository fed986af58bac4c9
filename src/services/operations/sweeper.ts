import type { Logger } from '../../logger.ts';
import { createRounds, type Rounds } from './rounds.ts';

const everyMs = 500;

/** Frees what a killed server's transaction keeps locked, so that it can be recovered at once. Runs on every instance. */
export function createSweeper(parts: {
  /** @returns how many were ended */
  endDeadTransactions: () => Promise<number>;
  logger: Logger;
}): Rounds {
  const { endDeadTransactions, logger } = parts;
  let isFailing = false;

  async function sweep(): Promise<void> {
    try {
      const count = await endDeadTransactions();
      if (count > 0) logger.warn('transactions that a dead server had left open were ended', { count });
      isFailing = false;
    } catch (error) {
      // Said once: without the privilege, or without a database, it would be said twice a second.
      if (!isFailing)
        logger.warn(
          'transactions of dead servers cannot be looked for; the database gives them up after a minute',
          { error },
        );
      isFailing = true;
    }
  }

  return createRounds(everyMs, sweep);
}

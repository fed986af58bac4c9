import type { Logger } from '../../logger.ts';

/** Frees what a killed server's transaction keeps locked, so that it can be recovered at once. Runs on every instance. */
export type Sweeper = {
  start(): void;
  stop(): Promise<void>;
};

const everyMs = 500;

export function createSweeper(parts: {
  /** @returns how many were ended */
  endDeadTransactions: () => Promise<number>;
  logger: Logger;
}): Sweeper {
  const { endDeadTransactions, logger } = parts;
  let timer: NodeJS.Timeout | null = null;
  let sweeping: Promise<void> | null = null;
  let isFailing = false;

  function start(): void {
    timer ??= setInterval(() => void sweep(), everyMs);
    void sweep();
  }

  function sweep(): Promise<void> {
    sweeping ??= once().finally(() => {
      sweeping = null;
    });
    return sweeping;
  }

  async function once(): Promise<void> {
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

  async function stop(): Promise<void> {
    if (timer !== null) clearInterval(timer);
    await sweeping;
  }

  return { start, stop };
}

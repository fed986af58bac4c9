import type { Logger } from '../../logger.ts';
import type { MeltOperation, MintingOperation, Operation } from '../../models/operation.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { Driver, Handler } from './driver.ts';

/** Finishes what an earlier process, or a request that gave up waiting, has left. Runs on every instance. */
export type Worker = {
  start(): void;
  /** Claims nothing more and waits for what is under way. */
  stop(): Promise<void>;
};

const maxConcurrent = 8;

export function createWorker(parts: {
  operations: OperationRepository;
  driver: Driver;
  handlers: { melt: Handler<MeltOperation>; minting: Handler<MintingOperation> };
  intervalMs: number;
  leaseMs: number;
  logger: Logger;
  now: () => Date;
}): Worker {
  const { operations, driver, handlers, intervalMs, leaseMs, logger, now } = parts;
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;
  let stopped = false;

  function start(): void {
    timer ??= setInterval(() => void look(), intervalMs);
    void look();
  }

  function look(): Promise<void> {
    looking ??= claimAll().finally(() => {
      looking = null;
    });
    return looking;
  }

  /** Claims due operations while there is room. */
  async function claimAll(): Promise<void> {
    try {
      while (!stopped && underWay.size < maxConcurrent) {
        const operation = await operations.claimDue(driver.owner, leaseMs, now());
        if (operation === null) return;
        const run = finish(operation).finally(() => underWay.delete(run));
        underWay.add(run);
      }
    } catch (error) {
      logger.warn('the worker could not look for open operations', { error });
    }
  }

  async function finish(operation: Operation): Promise<void> {
    try {
      const untilMs = now().getTime();
      if (operation.kind === 'melt') await driver.drive(operation, handlers.melt, 'worker', { untilMs });
      else await driver.drive(operation, handlers.minting, 'worker', { untilMs });
    } catch (error) {
      logger.warn('an operation could not be advanced; it will be tried again', {
        transactionId: operation.id,
        state: operation.state,
        error,
      });
      await postponeAfterError(operation);
    }
  }

  async function postponeAfterError(operation: Operation): Promise<void> {
    // Where even this fails the database is away, and the operation simply stays due.
    await operations.postponeById(operation.id, new Date(now().getTime() + 2_000)).catch(() => undefined);
  }

  async function stop(): Promise<void> {
    stopped = true;
    if (timer !== null) clearInterval(timer);
    await looking;
    await Promise.allSettled([...underWay]);
  }

  return { start, stop };
}

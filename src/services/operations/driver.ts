import { isFinished, type Operation, type OperationKey } from '../../models/operation.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import { pause } from '../../timing.ts';

export type Role = 'creator' | 'worker';

/** How one kind of operation is advanced. One mechanism for all kinds, a handler for each. */
export type Handler<T extends Operation> = {
  /** One step: observe → decide → commit. */
  advance(operation: T, role: Role): Promise<{ operation: T; next: 'again' | 'later' | 'finished' }>;
  /** How long to wait before the next look. */
  waitMs(operation: T, now: Date): number;
  reread(key: OperationKey): Promise<T>;
};

export type Driver = {
  /**
   * Advances an operation under a lease, until it has ended or, from `untilMs` (clock of `now`) on, must wait for the mint.
   * What is left then is the worker's. `seen` hears of every step, so that a caller knows how far it came if this throws.
   */
  drive<T extends Operation>(
    operation: T,
    handler: Handler<T>,
    role: Role,
    options: { untilMs: number; seen?: (operation: T) => void },
  ): Promise<T>;
  readonly owner: string;
};

const maxSteps = 1_000;
const maxPauseMs = 2_000;

export function createDriver(parts: {
  operations: OperationRepository;
  owner: string;
  leaseMs: number;
  now: () => Date;
}): Driver {
  const { operations, owner, leaseMs, now } = parts;

  async function drive<T extends Operation>(
    start: T,
    handler: Handler<T>,
    role: Role,
    { untilMs, seen }: { untilMs: number; seen?: (operation: T) => void },
  ): Promise<T> {
    const renewal = setInterval(
      () => void operations.renewLease(start, owner, leaseMs).catch(() => undefined),
      leaseMs / 3,
    );
    renewal.unref();
    let operation = start;
    let rested = false;
    try {
      for (let steps = 0; steps < maxSteps && !isFinished(operation.state); steps += 1) {
        const step = await stepOrReread(operation, handler, role);
        operation = step.operation;
        seen?.(operation);
        if (step.next === 'finished') break;
        if (step.next === 'again') continue;
        const atMs = now().getTime();
        const waitMs = handler.waitMs(operation, new Date(atMs));
        if (atMs >= untilMs) {
          await operations.postpone(operation, new Date(atMs + waitMs));
          rested = true;
          break;
        }
        // The last look is at the limit: a client that is answered sooner would be told that its request still runs.
        await pause(Math.min(waitMs, maxPauseMs, untilMs - atMs));
      }
      if (!rested && !isFinished(operation.state))
        await operations.postpone(operation, new Date(now().getTime() + maxPauseMs));
      return operation;
    } finally {
      clearInterval(renewal);
      // What has ended has given it back. It only saves work: if it cannot be given back, it runs out by itself.
      if (!isFinished(operation.state)) await operations.releaseLease(start, owner).catch(() => undefined);
    }
  }

  return { drive, owner };
}

async function stepOrReread<T extends Operation>(operation: T, handler: Handler<T>, role: Role) {
  try {
    return await handler.advance(operation, role);
  } catch (error) {
    if (!(error instanceof StaleOperation)) throw error;
    return { operation: await handler.reread(operation), next: 'again' as const };
  }
}

/** A wait that grows with how long it has lasted already, within limits, ±20 % so that instances do not march in step. */
export function growingWaitMs(
  sinceMs: number,
  limits: { fraction: number; minMs: number; maxMs: number },
): number {
  const base = Math.min(limits.maxMs, Math.max(limits.minMs, sinceMs * limits.fraction));
  return Math.round(base * (0.8 + Math.random() * 0.4));
}

/** So long somebody may be watching. */
export const soonForMs = 600_000;

/**
 * Up to half a minute in the first ten, since somebody may be watching. What waits for longer than that may wait for days,
 * and thousands may: from then on, a twentieth of the time waited, ten minutes at most.
 */
export function patientWaitMs(sinceMs: number): number {
  return sinceMs < soonForMs
    ? growingWaitMs(sinceMs, { fraction: 0.25, minMs: 250, maxMs: 30_000 })
    : growingWaitMs(sinceMs, { fraction: 0.05, minMs: 30_000, maxMs: 600_000 });
}

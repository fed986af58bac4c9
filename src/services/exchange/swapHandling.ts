import { isFinished } from '../../models/operation.ts';
import { StaleOperation } from '../../repositories/operations.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import { whyBroken } from '../operations/broken.ts';
import type { Handler, Role } from '../operations/driver.ts';
import type { ExchangeIncidents } from './incidents.ts';
import type { Exchanging } from './swapFacts.ts';

/** One step's result: go on at once, look again later, or nothing is left to do. */
export type Step<T> = { operation: T; next: 'again' | 'later' | 'finished' };

export const again = <T>(operation: T): Step<T> => ({ operation, next: 'again' });
export const later = <T>(operation: T): Step<T> => ({ operation, next: 'later' });

/** What was noted is looked at again soon, so that it is seen to last or to be over. */
export const soonAgain = { fraction: 0.1, minMs: 250, maxMs: 30_000 };

/**
 * What surrounds the steps of every kind of swap: people hear of what lasts, and no longer of what is over; the mint's trouble is
 * waited out, unless nothing has left yet and a client is to hear of it; a broken invariant calls a person.
 */
export function surrounded<T extends Exchanging>(parts: {
  stepOf(operation: T, role: Role): Promise<Step<T>>;
  isUntouched(operation: T): boolean;
  stop(operation: T, why: string): Promise<T>;
  incidents: ExchangeIncidents;
  now: () => Date;
}): Handler<T>['advance'] {
  const { stepOf, isUntouched, stop, incidents, now } = parts;
  return async (operation, role) => {
    try {
      const step = await stepOf(operation, role);
      await incidents.openTooLong(step.operation, now());
      if (isOver(step.operation) && operation.state !== 'sent')
        await incidents.close(step.operation, role === 'worker');
      return step;
    } catch (error) {
      if (!(error instanceof StaleOperation)) await incidents.openTooLong(operation, now());
      if (isMintTrouble(error) && !isUntouched(operation)) return later(operation);
      return again(await stop(operation, whyBroken(error)));
    }
  };
}

/** A token that is out waits for its recipient: no swap is under way. */
const isOver = ({ state }: Exchanging): boolean =>
  state === 'sent' || (isFinished(state) && state !== 'needs_attention');

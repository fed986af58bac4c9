import type { Operation } from '../../models/operation.ts';
import { timer } from '../../timing.ts';
import type { Driver, Handler } from './driver.ts';

/** Calls back when a server that is about to go wants every request answered. @returns how to be left alone again */
export type OnLastCall = (answer: () => void) => () => void;

/** How a request waits for the operation that it has made. */
export type Waiting<T> = {
  /** Not at all, but for the operation to stand. */
  respondAsync: boolean;
  /** When its client is answered at the latest. */
  answerBy: Date;
  /** The run goes on for so long before it leaves the rest to the worker. */
  untilMs: number;
  seen?: (latest: T) => void;
  /** Resolves when there is enough to answer with. */
  enough?: Promise<void>;
  /** When the run is over, however it ends. */
  ended?: () => void;
};

/** `error`: the run broke off, and the worker finishes the operation. */
export type Carried<T> = { known: T; error: unknown };

export type Answering = {
  /** Runs an operation; answers when it ends or when the client has waited long enough, whichever is first. */
  carry<T extends Operation>(operation: T, handler: Handler<T>, waiting: Waiting<T>): Promise<Carried<T>>;
};

export function createAnswering(parts: {
  driver: Driver;
  /** Keeps a run alive after its request was answered, so that shutdown waits for it. */
  inBackground: (run: Promise<unknown>) => void;
  onLastCall: OnLastCall;
  now: () => Date;
}): Answering {
  const { driver, inBackground, onLastCall, now } = parts;
  return {
    async carry(operation, handler, { respondAsync, answerBy, untilMs, seen, enough, ended }) {
      let known = operation;
      const note = (latest: typeof operation) => {
        known = latest;
        seen?.(latest);
      };
      const run = driver.drive(operation, handler, 'creator', { untilMs, seen: note }).finally(ended);
      inBackground(run.catch(() => undefined));
      if (respondAsync) return { known: operation, error: null };
      const deadline = timer(Math.max(0, answerBy.getTime() - now().getTime()));
      const lastCall = Promise.withResolvers<void>();
      const forgetLastCall = onLastCall(lastCall.resolve);
      try {
        const waits = [deadline.elapsed, lastCall.promise, ...(enough === undefined ? [] : [enough])];
        const waited = Promise.race(waits).then(() => known);
        return { known: await Promise.race([run, waited]), error: null };
      } catch (error) {
        return { known, error };
      } finally {
        deadline.cancel();
        forgetLastCall();
      }
    },
  };
}

import { extname } from 'node:path';
import type { PlannedOutput, Proof } from '../../models/proof.ts';
import {
  type ArithmeticJobs,
  type CheckedProof,
  type Checking,
  createArithmeticJobs,
  type Derivation,
  type Task,
  type Unblinding,
} from './arithmeticJobs.ts';
import { curve } from './curve.ts';
import { createThreads, NoThread, type Threads } from './threads.ts';

/** The jobs of `ArithmeticJobs`, done so that nobody else waits for them. */
export type EcashArithmetic = {
  /** @throws where the keyset's id is of no known version, or an index is out of its range */
  derive(given: Derivation): Promise<PlannedOutput[]>;
  unblind(given: Unblinding): Promise<(Proof | null)[]>;
  check(given: Checking): Promise<CheckedProof[]>;
};

type Batch = { items: readonly unknown[] };

/** So many items are done without a break: ten milliseconds at most. */
const itemsAtOnce = 8;
/** So many such parts of a batch wait for a thread at a time: a stranger's token of hundreds holds up no payment. */
const partsAtOnce = 4;
/** So many parts of all batches wait; any more are done by the thread that everybody shares. */
const maxWaiting = 256;

/** On so many threads of this process, which `close` ends; 0 = on the one that everybody shares. */
export function createArithmetic(threadCount: number): EcashArithmetic & { close(): Promise<void> } {
  const jobs = createArithmeticJobs(curve);
  if (threadCount === 0) return { ...inProcess(jobs), close: async () => undefined };
  // It has the ending of this file, built or not.
  const file = new URL(`./arithmeticThread${extname(import.meta.filename)}`, import.meta.url);
  const threads = createThreads<Task>(file, threadCount, maxWaiting);
  return { ...onThreads(threads, jobs), close: threads.close };
}

/** On the thread that everybody shares, with others coming in between. */
export function inProcess(jobs: ArithmeticJobs = createArithmeticJobs(curve)): EcashArithmetic {
  return { derive: inTurns(jobs.derive), unblind: inTurns(jobs.unblind), check: inTurns(jobs.check) };
}

function inTurns<Given extends Batch, Made>(
  job: (given: Given) => Made[],
): (given: Given) => Promise<Made[]> {
  return async (given) => {
    const made: Made[] = [];
    for (const part of partsOf(given)) {
      if (made.length > 0) await new Promise(setImmediate);
      made.push(...job(part));
    }
    return made;
  };
}

function onThreads(threads: Threads<Task>, jobs: ArithmeticJobs): EcashArithmetic {
  let lastHere: Promise<unknown> = Promise.resolve();

  async function spread<Given extends Batch, Made>(
    given: Given,
    asTask: (part: Given) => Task,
    job: (part: Given) => Made[],
  ): Promise<Made[]> {
    const made: Made[] = [];
    const parts = partsOf(given);
    for (let at = 0; at < parts.length; at += partsAtOnce) {
      const some = parts
        .slice(at, at + partsAtOnce)
        .map((part) => (threads.isFull() ? here(() => job(part)) : there(asTask(part), () => job(part))));
      for (const done of await Promise.all(some)) made.push(...done);
    }
    return made;
  }

  /** Where no thread is to be had, it is done all the same. */
  function there<Made>(task: Task, work: () => Made): Promise<Made> {
    return threads.run<Made>(task).catch((error: unknown) => {
      if (error instanceof NoThread) return here(work);
      throw error;
    });
  }

  /** What the threads have no room for, one after the other and with others coming in between. */
  function here<Made>(work: () => Made): Promise<Made> {
    const done = lastHere.then(() => new Promise(setImmediate)).then(work);
    lastHere = done.catch(() => undefined);
    return done;
  }

  return {
    // A copy of its own: of a view, the whole memory behind it would be handed over.
    derive: ({ seed, ...given }) =>
      spread(
        { ...given, seed: Uint8Array.from(seed) },
        (part) => ({ job: 'derive', given: part }),
        jobs.derive,
      ),
    unblind: (given) => spread(given, (part) => ({ job: 'unblind', given: part }), jobs.unblind),
    check: (given) => spread(given, (part) => ({ job: 'check', given: part }), jobs.check),
  };
}

/** The same, with at most so many items in each. */
function partsOf<Given extends Batch>(given: Given): Given[] {
  const count = Math.ceil(given.items.length / itemsAtOnce);
  return Array.from({ length: count }, (_, part) => ({
    ...given,
    items: given.items.slice(part * itemsAtOnce, (part + 1) * itemsAtOnce),
  }));
}

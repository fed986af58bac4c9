import { parentPort } from 'node:worker_threads';
import { createArithmeticJobs, type Task } from './arithmeticJobs.ts';
import { curve } from './curve.ts';
import type { Reply } from './threads.ts';

/** What each thread of `createArithmetic` runs: one task after the other. It logs nothing, as all that it sees is secret. */
const jobs = createArithmeticJobs(curve);

parentPort?.on('message', (task: Task) => parentPort?.postMessage(replyTo(task)));

function replyTo(task: Task): Reply<unknown> {
  try {
    return { made: perform(task) };
  } catch (error) {
    return { error };
  }
}

function perform(task: Task): unknown {
  switch (task.job) {
    case 'derive':
      return jobs.derive(task.given);
    case 'unblind':
      return jobs.unblind(task.given);
    case 'check':
      return jobs.check(task.given);
  }
}

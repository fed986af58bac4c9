import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a thread posts back: what its task has made, or what it threw. */
export type Reply<Made> = { made: Made } | { error: unknown };

export type Threads<Task> = {
  /** What a free thread makes of the task. @throws what the task threw, or that its thread has ended */
  run<Made>(task: Task): Promise<Made>;
  /** Whether so many tasks wait already that no more should. */
  isFull(): boolean;
  /** Ends all threads; what they were doing, and what waited, fails. */
  close(): Promise<void>;
};

/** `ended` is aborted, with the reason, as soon as the worker takes no more tasks. */
type Thread = { worker: Worker; ended: AbortSignal };

/**
 * At most `size` threads that run one file, each one task at a time and each started when it is first needed. One that dies fails the
 * task that it had, and another takes its place. Only while it works does a thread keep the process alive.
 */
export function createThreads<Task>(file: URL, size: number, maxWaiting: number): Threads<Task> {
  const alive = new Set<Thread>();
  const idle: Thread[] = [];
  const waiting: PromiseWithResolvers<Thread>[] = [];
  let isClosed = false;

  async function run<Made>(task: Task): Promise<Made> {
    const thread = await free();
    try {
      return await ask<Task, Made>(thread, task);
    } finally {
      passOn(thread);
    }
  }

  async function free(): Promise<Thread> {
    if (isClosed) throw new Error('The threads have been ended.');
    const thread = idle.pop() ?? (alive.size < size ? start() : null);
    if (thread !== null) return thread;
    const turn = Promise.withResolvers<Thread>();
    waiting.push(turn);
    return turn.promise;
  }

  function passOn(thread: Thread): void {
    const next = waiting.shift();
    if (next === undefined) {
      if (alive.has(thread)) idle.push(thread);
      return;
    }
    try {
      next.resolve(alive.has(thread) ? thread : start());
    } catch (error) {
      // No thread is to be had: so it is for whoever waits behind this one.
      next.reject(error);
      passOn(thread);
    }
  }

  function start(): Thread {
    const ending = new AbortController();
    // The environment holds secrets that no thread needs, and options are meant for the program that was started.
    const worker = new Worker(file, { env: {}, execArgv: [] });
    const thread = { worker, ended: ending.signal };
    const end = (cause?: unknown): void => {
      alive.delete(thread);
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
      ending.abort(new Error('A thread has ended with its task undone.', { cause }));
    };
    worker.unref();
    worker.once('error', end);
    worker.once('messageerror', end);
    worker.once('exit', (code) => end(`exit code ${code}`));
    alive.add(thread);
    return thread;
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (const turn of waiting.splice(0)) turn.reject(new Error('The threads have been ended.'));
    await Promise.all([...alive].map(({ worker }) => worker.terminate()));
  }

  return { run, isFull: () => waiting.length >= maxWaiting, close };
}

async function ask<Task, Made>({ worker, ended }: Thread, task: Task): Promise<Made> {
  worker.ref();
  try {
    const answer = once(worker, 'message', { signal: ended });
    worker.postMessage(task);
    const [reply] = await answer;
    return madeIn<Made>(reply);
  } catch (error) {
    throw ended.aborted ? ended.reason : error;
  } finally {
    worker.unref();
  }
}

function madeIn<Made>(reply: Reply<Made>): Made {
  if ('error' in reply) throw reply.error;
  return reply.made;
}

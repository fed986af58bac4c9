import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a thread posts back: what its task has made, or what it threw. */
export type Reply<Made> = { made: Made } | { error: unknown };

export type Threads<Task> = {
  /** What a free thread makes of the task. @throws what the task threw, that its thread has ended, or NoThread */
  run<Made>(task: Task): Promise<Made>;
  /** Whether so many tasks wait already that no more should. */
  isFull(): boolean;
  /** Ends all threads; what they were doing, and what waited, fails. */
  close(): Promise<void>;
};

/** The system gives the process no thread at all: the task was not begun. */
export class NoThread extends Error {}

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
    const thread = idle.pop() ?? another();
    if (thread !== null) return thread;
    const turn = Promise.withResolvers<Thread>();
    waiting.push(turn);
    return turn.promise;
  }

  function passOn(thread: Thread): void {
    if (waiting.length === 0) {
      if (alive.has(thread)) idle.push(thread);
      return;
    }
    try {
      const next = alive.has(thread) ? thread : another();
      // Where there is none for now, those that live come to it.
      if (next !== null) waiting.shift()?.resolve(next);
    } catch (error) {
      for (const turn of waiting.splice(0)) turn.reject(error);
    }
  }

  /** @returns null where as many live as may, or as are to be had. @throws NoThread where that is none at all */
  function another(): Thread | null {
    if (alive.size >= size) return null;
    try {
      return start();
    } catch (cause) {
      if (alive.size > 0) return null;
      throw new NoThread('No thread is to be had.', { cause });
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
      // What it cannot say it has not done: one that is dropped is not left running.
      void worker.terminate();
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

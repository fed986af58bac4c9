/** Payments that may outlive the requests which began them, and the requests that wait for one. */
export type Runs = {
  /** Keeps `ended` from resolving until this has come to its end, good or bad. */
  inBackground(run: Promise<unknown>): void;
  /** @returns a function that takes `answer` off the list again */
  onLastCall(answer: () => void): () => void;
  /** Asks whoever waits to answer with what is known. */
  callLast(): void;
  /** Requests that had been let in begin new ones for a while: those are waited for, too. */
  ended(): Promise<void>;
};

export function createRuns(): Runs {
  const runs = new Set<Promise<unknown>>();
  const waiting = new Set<() => void>();
  return {
    inBackground(run) {
      const tracked = run.finally(() => runs.delete(tracked));
      runs.add(tracked);
    },
    onLastCall(answer) {
      waiting.add(answer);
      return () => waiting.delete(answer);
    },
    callLast() {
      for (const answer of waiting) answer();
    },
    async ended() {
      while (runs.size > 0) await Promise.allSettled(runs);
    },
  };
}

export const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

/** A wait that can be called off, so that it keeps no process alive once it has lost its race. */
export function timer(delayMs: number): { elapsed: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setTimeout(resolve, delayMs);
  return { elapsed: promise, cancel: () => clearTimeout(handle) };
}

/** Work that is repeated for as long as a server runs. */
export type Rounds = {
  /** The first round begins at once. */
  start(): void;
  /** Begins none any more, and waits for the one that is under way. */
  stop(): Promise<void>;
};

/** A round every `everyMs`, and never two at a time: one that lasts longer leaves the next ones out. */
export function createRounds(everyMs: number, round: () => Promise<void>): Rounds {
  const rounds = oneAtATime(round);
  let handle: NodeJS.Timeout | null = null;
  return {
    start() {
      handle ??= setInterval(() => void rounds.run(), everyMs);
      void rounds.run();
    },
    async stop() {
      if (handle !== null) clearInterval(handle);
      await rounds.underWay();
    },
  };
}

/** Whoever wants it done while it is being done shares that run. */
export function oneAtATime(work: () => Promise<void>): {
  run(): Promise<void>;
  underWay(): Promise<void> | null;
} {
  let running: Promise<void> | null = null;
  return {
    run() {
      running ??= work().finally(() => {
        running = null;
      });
      return running;
    },
    underWay: () => running,
  };
}

import type { MintDirectory } from '../mint/mints.ts';

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

/**
 * The same for each mint by itself, so that one that is slow holds up its own wallets alone; none at a mint that is left alone.
 * `round` looks at `isStopped` between two steps, and never throws. Every 0 ms: never.
 */
export function createMintRounds(
  everyMs: number,
  mints: Pick<MintDirectory, 'awake'>,
  round: (mintUrl: string, isStopped: () => boolean) => Promise<void>,
): Rounds {
  const lanes = new Map<string, Promise<void>>();
  let stopped = false;
  const rounds = createRounds(everyMs, async () => {
    for (const mintUrl of mints.awake().filter((url) => !lanes.has(url)))
      lanes.set(
        mintUrl,
        round(mintUrl, () => stopped).finally(() => lanes.delete(mintUrl)),
      );
  });
  return {
    start: () => {
      if (everyMs > 0) rounds.start();
    },
    async stop() {
      stopped = true;
      await rounds.stop();
      await Promise.all(lanes.values());
    },
  };
}

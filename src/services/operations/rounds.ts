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
 * One round at a mint. Asks `mayGoOn` before each look. Never throws.
 * @returns whether the mint did not answer: then it is left alone for a while
 */
export type MintRound = (mintUrl: string, mayGoOn: () => boolean) => Promise<'done' | 'mint_unavailable'>;

/**
 * Rounds for each mint by itself, so that one that is slow holds up its own wallets alone. Nobody waits for what they do, so
 * payments come first: a mint is asked nothing within the whole of a pause that it has demanded, and while it is silent one look
 * is made and no more. Whenever either is met, these rounds rest there, ever longer. Every 0 ms: never.
 */
export function createMintRounds(
  everyMs: number,
  mints: Pick<MintDirectory, 'health'>,
  round: MintRound,
): Rounds {
  const lanes = new Map<string, Promise<void>>();
  const rests = createRests(everyMs);
  let stopped = false;

  const circuitAt = (mintUrl: string) => mints.health().find(({ url }) => url === mintUrl)?.circuit ?? 'open';

  async function lookAround(mintUrl: string): Promise<void> {
    let looks = 0;
    const mayGoOn = (): boolean => {
      looks += 1;
      // One look may be how a silent mint is heard again: perhaps nobody else asks it.
      return !stopped && (looks === 1 || circuitAt(mintUrl) === 'closed');
    };
    const outcome = await round(mintUrl, mayGoOn);
    if (outcome === 'mint_unavailable' || circuitAt(mintUrl) !== 'closed') rests.begin(mintUrl);
  }

  const rounds = createRounds(everyMs, async () => {
    for (const { url, circuit } of mints.health()) {
      if (lanes.has(url) || rests.areAt(url)) continue;
      if (circuit === 'open') rests.begin(url);
      else
        lanes.set(
          url,
          lookAround(url).finally(() => lanes.delete(url)),
        );
    }
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

const longestFirstRestMs = 60_000;

/** Rests of rounds that come every `everyMs`, by mint: a minute (twelve rounds, if that is less), and up to ten times as long. */
function createRests(everyMs: number) {
  const shortestMs = Math.min(longestFirstRestMs, 12 * everyMs);
  const longestMs = 10 * shortestMs;
  const rests = new Map<string, { untilMs: number; forMs: number }>();
  return {
    areAt: (mintUrl: string): boolean => performance.now() < (rests.get(mintUrl)?.untilMs ?? 0),
    /** Twice as long as the last, unless all has been well since for as long as the longest lasts. */
    begin(mintUrl: string): void {
      const nowMs = performance.now();
      const last = rests.get(mintUrl);
      const isAgain = last !== undefined && nowMs - last.untilMs < longestMs;
      const forMs = isAgain ? Math.min(longestMs, 2 * last.forMs) : shortestMs;
      rests.set(mintUrl, { untilMs: nowMs + forMs, forMs });
    },
  };
}

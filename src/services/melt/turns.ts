import { timer } from '../../timing.ts';
import { concurrentOperation } from './refusals.ts';

/** Who wants to reserve ecash of one wallet, and what the last of them found. */
export type Line = {
  /** Called in the order of their coming. */
  waiting: Set<() => void>;
  /** What the wallet looked like when it was too little, and since when it has. */
  lastSeen: { sight: string; sinceMs: number } | null;
};

export type Turns = {
  /** Whether anybody of this wallet has the turn, or waits for it. */
  areTaken(walletId: string): boolean;
  /**
   * Runs `work` once everybody of this wallet who came earlier is done, or has had two seconds: somebody whose mint does
   * not answer holds up no other for longer. A turn guards nothing, and other instances take theirs at the same time: it
   * only keeps many requests from choosing the same ecash, of which one could have it. `isFirst`: there was nobody to wait for.
   * @throws DomainError CONCURRENT_OPERATION where the line is too long, or when `giveUp` comes first
   */
  inTurn<T>(
    walletId: string,
    giveUp: Promise<void>,
    work: (line: Line, isFirst: boolean) => Promise<T>,
  ): Promise<T>;
};

const maxInLine = 500;
const turnMs = 2_000;

/** The lines of this process, one for each wallet in which somebody is reserving. */
export function createTurns(): Turns {
  const lines = new Map<string, Line>();

  async function queue(walletId: string, giveUp: Promise<void>): Promise<{ line: Line; isFirst: boolean }> {
    const line = lines.get(walletId);
    if (line === undefined) {
      const begun: Line = { waiting: new Set(), lastSeen: null };
      lines.set(walletId, begun);
      return { line: begun, isFirst: true };
    }
    if (line.waiting.size >= maxInLine) throw concurrentOperation();
    const turn = Promise.withResolvers<void>();
    line.waiting.add(turn.resolve);
    await Promise.race([turn.promise, giveUp]);
    // Who is still waiting was not called; who was called just as it gave up has the turn all the same.
    if (line.waiting.delete(turn.resolve)) throw concurrentOperation();
    return { line, isFirst: false };
  }

  function passOn(walletId: string, line: Line): void {
    const [next] = line.waiting;
    if (next === undefined) lines.delete(walletId);
    else {
      line.waiting.delete(next);
      next();
    }
  }

  return {
    areTaken: (walletId) => lines.has(walletId),
    async inTurn(walletId, giveUp, work) {
      const { line, isFirst } = await queue(walletId, giveUp);
      let isMine = true;
      const end = () => {
        if (isMine) passOn(walletId, line);
        isMine = false;
      };
      const slow = timer(turnMs);
      void slow.elapsed.then(end);
      try {
        return await work(line, isFirst);
      } finally {
        slow.cancel();
        end();
      }
    },
  };
}

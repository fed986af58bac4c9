import type { Logger } from '../../logger.ts';
import type { ArchivingRepository } from '../../repositories/archive/archiving.ts';
import { createRounds, type Rounds } from '../operations/rounds.ts';

const everyMs = 10_000;
/** With as many wallets in a round, an instance looks at a million of them in fourteen hours. */
const looksPerRound = 200;
/** So many tokens go at once. Of a wallet that has more the next ones go when it is its turn again, in the same round perhaps. */
const portion = 100;
/** So many that were spent last stay, however long ago that was: a payment looks at them beside its own. */
const keep = 100;
/** A wallet is looked at so often. */
const contentMs = 24 * 3_600_000;

/**
 * Moves tokens that were spent more than `afterMs` ago into the archive, wallet by wallet, those first that have waited longest
 * (ADR 41). Runs on every instance; no mint is asked. `afterMs` 0: never. `stop` begins nothing more, and waits for what is under way.
 */
export function createArchiveRounds(parts: {
  archiving: ArchivingRepository;
  afterMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { archiving, afterMs, logger, now } = parts;
  let stopped = false;

  async function lookAround(): Promise<void> {
    try {
      for (let looks = 0; looks < looksPerRound && !stopped; looks += 1) {
        const walletId = await archiving.take(now(), inTime(contentMs));
        if (walletId === null) return;
        await lookAt(walletId);
      }
    } catch (error) {
      logger.warn('no wallet could be looked at for old spent tokens; it will be tried again', { error });
    }
  }

  /** What fails in one wallet holds up no other; it has its next turn. */
  async function lookAt(walletId: string): Promise<void> {
    try {
      const moved = await archiving.archive(walletId, {
        spentBefore: inTime(-afterMs),
        keep,
        atMost: portion,
      });
      if (moved === portion) await archiving.putOff(walletId, now());
    } catch (error) {
      logger.warn('old spent tokens of a wallet could not be archived; it will be tried again', {
        walletId,
        error,
      });
    }
  }

  const inTime = (ms: number): Date => new Date(now().getTime() + ms);

  const rounds = createRounds(everyMs, lookAround);
  return {
    start: () => {
      if (afterMs > 0) rounds.start();
    },
    async stop() {
      stopped = true;
      await rounds.stop();
    },
  };
}

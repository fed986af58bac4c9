import type { Logger } from '../../logger.ts';
import type { SolvencyRepository, SolvencyTurn } from '../../repositories/solvency.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createMintRounds, type Rounds } from '../operations/rounds.ts';
import type { Verification } from './verification.ts';

/** So many wallets of each mint are looked at in a round. */
const walletsPerRound = 25;
const longestRoundMs = 5_000;
/** A wallet with a gap is looked at again so soon: whoever has put it right should not be told of it for an hour. */
const gapAgainMs = 60_000;

/**
 * Holds every wallet's books against its mint once in `everyMs`, those first that have waited longest. Runs on every instance,
 * at each mint one wallet at a time, and none at one that is left alone. Where there are more wallets than that pace allows,
 * each has its turn later, and the metrics say how late. `stop` begins nothing more, and waits for what is under way.
 */
export function createSolvencyRounds(parts: {
  solvency: Pick<SolvencyRepository, 'take' | 'putOff'>;
  verification: Verification;
  mints: Pick<MintDirectory, 'awake'>;
  /** 0: never. */
  everyMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { solvency, verification, mints, everyMs, logger, now } = parts;
  const roundMs = everyMs === 0 ? 0 : Math.max(10, Math.min(longestRoundMs, everyMs / 10));

  async function lookAround(mintUrl: string, isStopped: () => boolean): Promise<void> {
    try {
      for (let looks = 0; looks < walletsPerRound && !isStopped(); looks += 1) {
        // Its next turn comes with a round, so a little sooner: what is wrong shows within `everyMs`.
        const turn = await solvency.take(mintUrl, now(), after(everyMs - 2 * roundMs));
        if (turn === null) return;
        await lookAt(turn);
      }
    } catch (error) {
      logger.warn('wallets could not be held against their mint; it will be tried again', { mintUrl, error });
    }
  }

  /** @throws where the mint has trouble: then others of it are left alone, too */
  async function lookAt(turn: SolvencyTurn): Promise<void> {
    // Its books are known to be behind, and whoever recovers it compares them.
    if (turn.wallet.recovery !== undefined) return;
    try {
      const { booked, verified } = await verification.verify(turn);
      if (booked !== verified) await solvency.putOff(turn.wallet.id, after(Math.min(gapAgainMs, everyMs)));
    } catch (error) {
      if (isMintTrouble(error)) throw error;
      logger.warn('a wallet could not be held against its mint; it will be tried again', {
        walletId: turn.wallet.id,
        error,
      });
    }
  }

  const after = (ms: number): Date => new Date(now().getTime() + ms);

  return createMintRounds(roundMs, mints, lookAround);
}

import type { Logger } from '../../logger.ts';
import type { SolvencyRepository, SolvencyTurn } from '../../repositories/solvency.ts';
import { isMintAway } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createMintRounds, type MintRound, type Rounds } from '../operations/rounds.ts';
import type { Verification } from './verification.ts';

/** At most so many wallets of each mint are looked at in a round. */
const mostPerRound = 25;
const longestRoundMs = 5_000;
/** A wallet with a gap is looked at again so soon: whoever has put it right should not be told of it for an hour. */
const gapAgainMs = 60_000;

/**
 * Holds every wallet's books against its mint once in `everyMs`, those first that have waited longest. Runs on every instance, at
 * each mint one wallet at a time, and in a round no more than it takes to be through with all of them in that time: that all are
 * due at once, after a start or an outage, is no reason to hurry. Where there are more wallets than that pace allows, or the mint
 * wishes to be left alone, each has its turn later, and the metrics say how late. `stop` begins nothing more, and waits for what is
 * under way.
 */
export function createSolvencyRounds(parts: {
  solvency: Pick<SolvencyRepository, 'take' | 'putOff' | 'countAt'>;
  verification: Verification;
  mints: Pick<MintDirectory, 'health'>;
  /** 0: never. */
  everyMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { solvency, verification, mints, everyMs, logger, now } = parts;
  const roundMs = everyMs === 0 ? 0 : Math.max(10, Math.min(longestRoundMs, everyMs / 10));
  // Its next turn comes with a round, so a little sooner: what is wrong shows within `everyMs`.
  const againMs = everyMs - 2 * roundMs;

  const lookAround: MintRound = async (mintUrl, mayGoOn) => {
    try {
      const looks = await looksPerRound(mintUrl);
      for (let look = 0; look < looks && mayGoOn(); look += 1) {
        const turn = await solvency.take(mintUrl, now(), after(againMs));
        if (turn === null) break;
        await lookAt(turn);
      }
      return 'done';
    } catch (error) {
      logger.warn('wallets could not be held against their mint; it will be tried again', { mintUrl, error });
      return isMintAway(error) ? 'mint_unavailable' : 'done';
    }
  };

  /** More wallets than can be looked at make no difference, and are not counted. */
  async function looksPerRound(mintUrl: string): Promise<number> {
    const rounds = againMs / roundMs;
    const wallets = await solvency.countAt(mintUrl, Math.ceil(mostPerRound * rounds));
    return Math.min(mostPerRound, Math.max(1, Math.ceil(wallets / rounds)));
  }

  /** @throws where the mint does not answer: then others of it are left alone, too */
  async function lookAt(turn: SolvencyTurn): Promise<void> {
    // Its books are known to be behind, and whoever recovers it compares them.
    if (turn.wallet.recovery !== undefined) return;
    try {
      const { booked, verified, isWhole } = await verification.verify(turn);
      if (!isWhole) await solvency.putOff(turn.wallet.id, now());
      else if (booked !== verified)
        await solvency.putOff(turn.wallet.id, after(Math.min(gapAgainMs, everyMs)));
    } catch (error) {
      if (isMintAway(error)) throw error;
      logger.warn('a wallet could not be held against its mint; it will be tried again', {
        walletId: turn.wallet.id,
        error,
      });
    }
  }

  const after = (ms: number): Date => new Date(now().getTime() + ms);

  return createMintRounds(roundMs, mints, lookAround);
}

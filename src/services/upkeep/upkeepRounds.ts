import type { Logger } from '../../logger.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { UpkeepTurnRepository } from '../../repositories/upkeepTurns.ts';
import { isMintAway } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createMintRounds, type MintRound, type Rounds } from '../operations/rounds.ts';
import type { KeepUp } from './keepUp.ts';

/** So many wallets of each mint are looked at in a round, … */
const walletsPerRound = 50;
/** … and so many swaps made there. */
const swapsPerRound = 10;
/** So long a wallet is left alone in which all is well. */
const contentMs = 6 * 3_600_000;
/** … or which could not be seen to just now. */
const laterMs = 10 * 60_000;

/**
 * Looks at every wallet now and then, those first that have waited longest, and keeps its ecash up (docs/adr/0031). Runs on every
 * instance, at each mint one wallet at a time, and where payments leave it room (`createMintRounds`).
 * `stop` begins nothing more, and waits for what is under way.
 */
export function createUpkeepRounds(parts: {
  turns: UpkeepTurnRepository;
  keeping: KeepUp;
  mints: Pick<MintDirectory, 'health'>;
  /** 0: never. */
  everyMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { turns, keeping, mints, everyMs, logger, now } = parts;

  const lookAround: MintRound = async (mintUrl, mayGoOn) => {
    let swaps = 0;
    try {
      for (let looks = 0; looks < walletsPerRound && swaps < swapsPerRound && mayGoOn(); looks += 1) {
        const wallet = await turns.take(mintUrl, now(), after(contentMs));
        if (wallet === null) break;
        if (await lookAt(wallet)) swaps += 1;
      }
      return 'done';
    } catch (error) {
      logger.warn('the ecash of wallets could not be kept up; it will be tried again', { mintUrl, error });
      return isMintAway(error) ? 'mint_unavailable' : 'done';
    }
  };

  /** @returns whether something was swapped @throws where the mint does not answer: then others of it are left alone, too */
  async function lookAt(wallet: Wallet): Promise<boolean> {
    try {
      const result = await keeping.keepUp(wallet, false);
      if (result === 'nothing') return false;
      // There may be more than one swap takes.
      await turns.putOff(wallet.id, result === 'kept_up' ? now() : after(laterMs));
      return true;
    } catch (error) {
      await turns.putOff(wallet.id, after(laterMs));
      if (isMintAway(error)) throw error;
      logger.warn('the ecash of a wallet could not be kept up; it will be tried again', {
        walletId: wallet.id,
        error,
      });
      return false;
    }
  }

  const after = (ms: number): Date => new Date(now().getTime() + ms);

  return createMintRounds(everyMs, mints, lookAround);
}

import type { Logger } from '../../logger.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createRounds, type Rounds } from '../operations/rounds.ts';
import type { WalletRecovery } from './recovery.ts';

const afterErrorMs = 5_000;

/**
 * Recovers wallets that are due, at each mint one at a time: a mint that is silent, or lies, holds up its own wallets alone.
 * Runs on every instance; a lease keeps them from doing it twice. `stop` claims nothing more and waits for what is under way.
 */
export function createRecoveryRunner(parts: {
  recoveries: RecoveryRepository;
  recovery: WalletRecovery;
  mints: Pick<MintDirectory, 'urls'>;
  owner: string;
  leaseMs: number;
  intervalMs: number;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { recoveries, recovery, mints, owner, leaseMs, intervalMs, logger, now } = parts;
  const stopping = new AbortController();
  /** By mint. */
  const lanes = new Map<string, Promise<void>>();
  const looks = createRounds(intervalMs, openLanes);

  async function openLanes(): Promise<void> {
    try {
      for (const free = new Set(mints.urls.filter((url) => !lanes.has(url))); !stopping.signal.aborted; ) {
        const mintUrl = await recoveries.mintDue(now(), [...free]);
        if (mintUrl === null) return;
        free.delete(mintUrl);
        lanes.set(
          mintUrl,
          recoverAll(mintUrl).finally(() => lanes.delete(mintUrl)),
        );
      }
    } catch (error) {
      logger.warn('wallets that are behind their mint could not be looked for', { error });
    }
  }

  async function recoverAll(mintUrl: string): Promise<void> {
    try {
      while (!stopping.signal.aborted && (await recoverOne(mintUrl)));
    } catch (error) {
      logger.warn('wallets that are behind their mint could not be looked for', { mintUrl, error });
    }
  }

  async function recoverOne(mintUrl: string): Promise<boolean> {
    const walletId = await recoveries.due(now(), mintUrl);
    const claimed = walletId === null ? null : await recoveries.claim(walletId, owner, leaseMs, now());
    if (claimed === null) return false;
    const { wallet, recovery: state } = claimed;
    const renewal = setInterval(
      () => void recoveries.renewLease(wallet.id, owner, leaseMs).catch(() => undefined),
      leaseMs / 3,
    );
    renewal.unref();
    try {
      await recovery.pass(wallet, state, stopping.signal);
    } catch (error) {
      logger.warn('a wallet could not be recovered; it will be tried again', { walletId: wallet.id, error });
      // Where even this fails the database is away, and the lease runs out by itself.
      const dueAt = new Date(now().getTime() + afterErrorMs);
      await recoveries.rest(state, owner, dueAt).catch(() => undefined);
    } finally {
      clearInterval(renewal);
    }
    return true;
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await looks.stop();
    await Promise.all(lanes.values());
  }

  return { start: looks.start, stop };
}

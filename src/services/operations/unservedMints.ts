import type { Logger } from '../../logger.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { ReportRepository } from '../../repositories/reports.ts';
import type { ReportService } from '../contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { createRounds, type Rounds } from './rounds.ts';

const everyMs = 60_000;
/** What any instance looks after has been looked at by then. */
const leftForMs = 5 * 60_000;
/** So often it is said again while it is so. */
const tellEveryMs = 3_600_000;

const code = 'MINT_NOT_CONFIGURED';
const keyOf = (mintUrl: string): string => `${code}:${mintUrl}`;

/**
 * Tells people, once for each mint and hour, of operations and recoveries that wait for a mint which is not in the
 * configuration any more: no worker looks at those. Runs on every instance.
 */
export function createUnservedMints(parts: {
  operations: Pick<OperationRepository, 'dueElsewhere'>;
  recoveries: Pick<RecoveryRepository, 'dueElsewhere'>;
  mints: Pick<MintDirectory, 'urls'>;
  reports: ReportService;
  filed: Pick<ReportRepository, 'openKeys'>;
  logger: Logger;
  now: () => Date;
}): Rounds {
  const { operations, recoveries, mints, reports, filed, logger, now } = parts;
  const toldAt = new Map<string, number>();

  async function look(): Promise<void> {
    try {
      const dueBefore = new Date(now().getTime() - leftForMs);
      const [open, recovering, told] = await Promise.all([
        operations.dueElsewhere(dueBefore, mints.urls),
        recoveries.dueElsewhere(dueBefore, mints.urls),
        filed.openKeys(code),
      ]);
      const unserved = new Set([...open.keys(), ...recovering.keys()]);
      for (const mintUrl of unserved)
        await tell(mintUrl, open.get(mintUrl) ?? 0, recovering.get(mintUrl) ?? 0);
      for (const mintUrl of toldAt.keys()) if (!unserved.has(mintUrl)) toldAt.delete(mintUrl);
      // Whoever told of it: an earlier process, another instance, or this one.
      const stillSo = new Set([...unserved].map(keyOf));
      for (const key of told)
        if (!stillSo.has(key))
          await reports.close(key, 'Nothing waits for this mint without being looked at any more.');
    } catch (error) {
      logger.warn('operations at mints that are not configured could not be looked for', { error });
    }
  }

  async function tell(mintUrl: string, openOperations: number, recoveringWallets: number): Promise<void> {
    const atMs = now().getTime();
    if (atMs - (toldAt.get(mintUrl) ?? 0) < tellEveryMs) return;
    toldAt.set(mintUrl, atMs);
    const details = { mintUrl, openOperations, recoveringWallets };
    logger.warn('operations wait for a mint that is not configured', details);
    await reports.file({
      dedupeKey: keyOf(mintUrl),
      severity: 'HIGH',
      code,
      summary: `${openOperations} open operations and ${recoveringWallets} recoveries of wallets wait for the mint ${mintUrl}, which is not among those that this server uses (MINT_URL). Nobody looks at them; what they have reserved stays reserved, and nothing is lost. Add the mint to MINT_URL until they have ended; this report closes by itself then.`,
      details,
    });
  }

  return createRounds(everyMs, look);
}

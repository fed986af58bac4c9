import type { Config } from '../../config.ts';
import type { Logger } from '../../logger.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { ReportService } from '../contracts.ts';
import type { Seeds } from '../ecash/seeds.ts';
import type { Preflight } from '../melt/preflight.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Rounds } from '../operations/timing.ts';
import { createFinder } from './finding.ts';
import { createWalletRecovery } from './recovery.ts';
import { createRecoveryRunner } from './runner.ts';
import { createStuckOperations } from './stuck.ts';

/** Recovers wallets whose books are behind their mint, in the background. */
export type Restore = Rounds & {
  /** Demands that one wallet be recovered; melts and mintings are refused until it is. */
  require(walletId: string): Promise<void>;
  /** The same for every wallet: somebody has restored a backup. @returns how many were not being recovered yet */
  requireAll(): Promise<number>;
};

export function createRestore(parts: {
  recoveries: RecoveryRepository;
  ecash: RecoveredEcashRepository;
  tokens: TokenRepository;
  counters: CounterRepository;
  preflight: Preflight;
  mints: MintDirectory;
  seeds: Seeds;
  reports: ReportService;
  config: Pick<Config, 'fenceDelayMs' | 'leaseMs' | 'workerIntervalMs'>;
  owner: string;
  logger: Logger;
  now: () => Date;
}): Restore {
  const { recoveries, ecash, mints, config, now } = parts;
  const finder = createFinder(parts);
  const stuck = createStuckOperations({ ecash, mints, fenceDelayMs: config.fenceDelayMs, now });
  const recovery = createWalletRecovery({ ...parts, finder, stuck });
  const { leaseMs, workerIntervalMs: intervalMs } = config;
  return {
    ...createRecoveryRunner({ ...parts, recovery, leaseMs, intervalMs }),
    require: async (walletId) => void (await recoveries.require(walletId, 'asked', now())),
    requireAll: () => recoveries.requireAll(now()),
  };
}

import type { Config } from '../../config.ts';
import type { Logger } from '../../logger.ts';
import type { CounterRepository } from '../../repositories/counters.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';
import type { ReportService, RestoreService } from '../contracts.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { Seeds } from '../ecash/seeds.ts';
import type { Preflight } from '../melt/preflight.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Rounds } from '../operations/rounds.ts';
import type { Ledger } from '../walletService.ts';
import { createFinder } from './finding.ts';
import { createWalletRecovery } from './recovery.ts';
import { createRecoveryRunner } from './runner.ts';
import { createStuckOperations } from './stuck.ts';

/** Recovers wallets whose books are behind their mint, in the background. */
export function createRestore(parts: {
  recoveries: RecoveryRepository;
  ecash: RecoveredEcashRepository;
  tokens: TokenRepository;
  ledger: Pick<Ledger, 'holdings'>;
  counters: CounterRepository;
  preflight: Preflight;
  mints: MintDirectory;
  seeds: Seeds;
  arithmetic: EcashArithmetic;
  reports: ReportService;
  config: Pick<Config, 'fenceDelayMs' | 'leaseMs' | 'workerIntervalMs'>;
  owner: string;
  logger: Logger;
  now: () => Date;
}): Rounds & RestoreService {
  const { recoveries, ecash, mints, config, now } = parts;
  const finder = createFinder(parts);
  const stuck = createStuckOperations({ ecash, mints, fenceDelayMs: config.fenceDelayMs, now });
  const recovery = createWalletRecovery({ ...parts, finder, stuck });
  const { leaseMs, workerIntervalMs: intervalMs } = config;
  return {
    ...createRecoveryRunner({ ...parts, recovery, leaseMs, intervalMs }),
    demand: (npub) => recoveries.requireAnew(npub, now()),
    count: recoveries.count,
  };
}

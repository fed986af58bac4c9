import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import { createApiKeyRepository } from './repositories/apiKeys.ts';
import { createArchivingRepository } from './repositories/archive/archiving.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createAuditChain } from './repositories/auditChain.ts';
import type { AuditMacs } from './repositories/auditMacs.ts';
import { createAuditReads } from './repositories/auditReads.ts';
import { createBearerTokenRepository } from './repositories/bearerTokens.ts';
import { createBookedProofReads } from './repositories/bookedProofs.ts';
import { createCorrectionRepository } from './repositories/corrections.ts';
import { createCounterRepository } from './repositories/counters.ts';
import type { Database } from './repositories/database.ts';
import type { Sealers } from './repositories/dataKeys.ts';
import { createDecisionRepository } from './repositories/decisions.ts';
import { createKeySpendingRepository } from './repositories/keySpending.ts';
import { createLedgerRepository } from './repositories/ledger.ts';
import { createMeltRepository } from './repositories/melts.ts';
import { createMintingRepository } from './repositories/mintings.ts';
import { createOpenOutputReads } from './repositories/openOutputs.ts';
import { createOperationStories } from './repositories/operationStories.ts';
import { createOperationRepository } from './repositories/operations.ts';
import { createRateCounters } from './repositories/rateCounters.ts';
import { createRateLimitRepository } from './repositories/rateLimits.ts';
import { createReceiveRepository } from './repositories/receives.ts';
import { createRecoveredEcashRepository } from './repositories/recoveredEcash.ts';
import { createRecoveryRepository } from './repositories/recoveries.ts';
import { createReportListRepository } from './repositories/reportList.ts';
import { createReportResolutions } from './repositories/reportResolutions.ts';
import { createReportSpool } from './repositories/reportSpool.ts';
import { createReportRepository } from './repositories/reports.ts';
import { createSendRepository } from './repositories/sends.ts';
import { createSignedRequestRepository } from './repositories/signedRequests.ts';
import { createSolvencyRepository } from './repositories/solvency.ts';
import { createTokenRepository } from './repositories/tokens.ts';
import { createTransactionListRepository } from './repositories/transactionList.ts';
import { createUpkeepRepository } from './repositories/upkeeps.ts';
import { createUpkeepTurnRepository } from './repositories/upkeepTurns.ts';
import { createWalletRepository } from './repositories/wallets.ts';
import { proofName } from './services/ecash/outputs.ts';

/** Everything that is kept, by what it is about. */
export type Stores = ReturnType<typeof createStores>;

/** The part of `context.ts` that constructs the repositories. */
export function createStores(given: {
  database: Database;
  sealers: Sealers;
  macs: AuditMacs;
  config: Config;
  logger: Logger;
  now: () => Date;
}) {
  const { database, sealers, macs, config, logger, now } = given;
  const audit = createAuditRepository(database, macs);
  const tokens = createTokenRepository(database, sealers);
  const operations = createOperationRepository(database, sealers);
  const spool = createReportSpool({
    directory: config.spoolDirectory,
    instance: database.appName,
    logger,
  });
  return {
    audit,
    tokens,
    operations,
    melts: createMeltRepository(database, tokens, operations, audit, now),
    mintings: createMintingRepository(database, tokens, operations, audit, now),
    sends: createSendRepository(database, tokens, operations, audit, now),
    receives: createReceiveRepository(database, tokens, operations, audit, now),
    upkeeps: createUpkeepRepository(database, tokens, operations, audit, now),
    upkeepTurns: createUpkeepTurnRepository(database),
    archiving: createArchivingRepository(database),
    solvency: createSolvencyRepository(database),
    transactionList: createTransactionListRepository(database),
    ledger: createLedgerRepository(database, now),
    counters: createCounterRepository(database),
    wallets: createWalletRepository(database),
    recoveries: createRecoveryRepository(database),
    ecash: createRecoveredEcashRepository(database, sealers, tokens, operations, audit, now),
    booked: createBookedProofReads(database, sealers),
    openOutputs: createOpenOutputReads(database, sealers, proofName),
    corrections: createCorrectionRepository(database, tokens, audit),
    auditChain: createAuditChain(database, macs),
    auditReads: createAuditReads(database, macs),
    filed: createReportRepository(database),
    reportList: createReportListRepository(database),
    resolutions: createReportResolutions(database, audit),
    stories: createOperationStories(database),
    decisions: createDecisionRepository(database, tokens, operations, audit),
    spool,
    spending: createKeySpendingRepository(database),
    apiKeys: createApiKeyRepository(database),
    signedRequests: createSignedRequestRepository(database),
    bearerTokens: createBearerTokenRepository(database),
    rateLimits: createRateLimitRepository(database),
    rateCounters: createRateCounters(database, logger),
  };
}

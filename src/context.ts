import { randomUUID } from 'node:crypto';
import type { Config, Secrets } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import type { Profile } from './models/profile.ts';
import { createApiKeyRepository } from './repositories/apiKeys.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createBearerTokenRepository } from './repositories/bearerTokens.ts';
import { createCorrectionRepository } from './repositories/corrections.ts';
import { createCounterRepository } from './repositories/counters.ts';
import { type Database, openDatabase } from './repositories/database.ts';
import { createSealers, masterKeys } from './repositories/dataKeys.ts';
import { createDeadTransactions } from './repositories/deadTransactions.ts';
import { createDeploymentRepository } from './repositories/deployment.ts';
import { isDatabaseWritable } from './repositories/health.ts';
import { createKeySpendingRepository } from './repositories/keySpending.ts';
import { createLedgerRepository } from './repositories/ledger.ts';
import { createMeltRepository } from './repositories/melts.ts';
import { createMintingRepository } from './repositories/mintings.ts';
import { createOpenOutputReads } from './repositories/openOutputs.ts';
import { createOperationRepository } from './repositories/operations.ts';
import { createRateCounters } from './repositories/rateCounters.ts';
import { createRateLimitRepository } from './repositories/rateLimits.ts';
import { createRecoveredEcashRepository } from './repositories/recoveredEcash.ts';
import { createRecoveryRepository } from './repositories/recoveries.ts';
import { createReportSpool } from './repositories/reportSpool.ts';
import { createReportRepository } from './repositories/reports.ts';
import { noteDataKeysAlone, refuseWrongMasterKeys } from './repositories/resealing/startCheck.ts';
import { createSignedRequestRepository } from './repositories/signedRequests.ts';
import { createTokenRepository } from './repositories/tokens.ts';
import { createWalletRepository } from './repositories/wallets.ts';
import { createApiKeyService } from './services/apiKeyService.ts';
import { createBearerTokenService } from './services/auth/bearerTokens.ts';
import { createSignedRequestService } from './services/auth/signedRequests.ts';
import type { RestoreService, Services } from './services/contracts.ts';
import { createOutputFactory, proofName } from './services/ecash/outputs.ts';
import { createSeeds } from './services/ecash/seeds.ts';
import { createHealthService } from './services/healthService.ts';
import { createMeltAttempts } from './services/melt/attempts.ts';
import { createBooks } from './services/melt/books.ts';
import { createBudgets } from './services/melt/budget.ts';
import { createCourier } from './services/melt/courier.ts';
import { createExchanges } from './services/melt/exchanges.ts';
import { createMeltHandler } from './services/melt/handler.ts';
import { createIncidents } from './services/melt/incidents.ts';
import { createLostTime } from './services/melt/lostTime.ts';
import { createMeltService } from './services/melt/meltService.ts';
import { createOutputKeysets } from './services/melt/outputKeysets.ts';
import { createPreflight } from './services/melt/preflight.ts';
import { createPreparation } from './services/melt/preparation.ts';
import { createMeltSaga } from './services/melt/saga.ts';
import { createMintDirectory } from './services/mint/mints.ts';
import { createRefusedAddresses } from './services/mint/refusedAddresses.ts';
import { sharedKeysetReport } from './services/mint/sharedKeysets.ts';
import { refusingSimulated } from './services/mint/simulated.ts';
import { createHttpTransport, type Transport } from './services/mint/transport.ts';
import { createMintingHandler } from './services/minting/mintingSaga.ts';
import { createMintingService } from './services/minting/mintingService.ts';
import { createDriver } from './services/operations/driver.ts';
import { createRuns } from './services/operations/runs.ts';
import { createSweeper } from './services/operations/sweeper.ts';
import { timer } from './services/operations/timing.ts';
import { createUnservedMints } from './services/operations/unservedMints.ts';
import { createWorker } from './services/operations/worker.ts';
import { settleProfile } from './services/profileService.ts';
import { createRateLimitService } from './services/rateLimitService.ts';
import { createReportService } from './services/reportService.ts';
import { createDetection } from './services/restore/detection.ts';
import { createRestore } from './services/restore/restore.ts';
import { createWalletService } from './services/walletService.ts';

/** One whole server, not listening yet. */
export type Context = {
  config: Config;
  logger: Logger;
  services: Services;
  /** For operator commands; no request demands a recovery. */
  restore: RestoreService;
  /** For tests and tools that look behind the services. */
  database: Database;
  startWorkers(): void;
  /** Refuses new work and waits, at most `drainMs`, for runs that outlive their requests. */
  drain(): Promise<void>;
  dispose(): Promise<void>;
  isDraining(): boolean;
  /** As configured; null = requests cannot be signed. */
  publicOrigin(): string | null;
};

/** What a test may replace; production passes none. */
export type Overrides = { transport?: Transport; now?: () => Date; logger?: Logger };

/** The longest that `drain` waits; so long before its end whoever waits for a payment is answered with what is known. */
export const drainMs = 10_000;
const lastCallMs = 2_000;

/**
 * The only place that constructs and wires. Indexes are built before it resolves.
 * @throws ProfileRefusal where `profile` does not fit the database or a mint
 */
export async function createContext(given: {
  config: Config;
  secrets: Secrets;
  /** Checked against the database and the mints; tests and operator commands name none, and nothing is checked. */
  profile?: Profile;
  overrides?: Overrides;
}): Promise<Context> {
  const { config, secrets, profile, overrides = {} } = given;
  const now = overrides.now ?? (() => new Date());
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const refusedAddresses = createRefusedAddresses(logger, now);
  const http = createHttpTransport({
    connectTimeoutMs: config.mintConnectTimeoutMs,
    mintUrls: config.mintUrls,
    privateNetworks: config.privateMintNetworks,
    sentry: refusedAddresses.sentry,
  });
  const allMints = createMintDirectory(
    config.mintUrls,
    overrides.transport ?? http.carry,
    config,
    (shared) => void reports.file(sharedKeysetReport(shared)),
  );
  const masters = masterKeys(secrets);
  const database = await openDatabase(config.mongoUri, async (opened) => {
    await refuseWrongMasterKeys(opened, masters);
    if (profile === undefined) return;
    const deployment = createDeploymentRepository(opened, now);
    await settleProfile({ profile, deployment, mints: allMints, mintUrls: config.mintUrls });
  }).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  await noteDataKeysAlone(database, masters);
  const owner = randomUUID();
  let draining = false;
  const isDraining = () => draining;

  const sealers = createSealers(database, masters);
  const audit = createAuditRepository(database);
  const tokens = createTokenRepository(database, sealers);
  const operations = createOperationRepository(database, sealers);
  const melts = createMeltRepository(database, tokens, operations, audit, now);
  const mintings = createMintingRepository(database, tokens, operations, audit, now);
  const ledger = createLedgerRepository(database, now);

  const mints = profile === 'production' ? refusingSimulated(allMints) : allMints;
  const seeds = createSeeds(secrets.mnemonic);
  const counters = createCounterRepository(database);
  const outputs = createOutputFactory(seeds, counters);
  const spool = createReportSpool({
    directory: config.spoolDirectory,
    instance: database.appName,
    logger,
  });
  const filed = createReportRepository(database);
  const reports = createReportService({ reports: filed, spool, logger, now });
  refusedAddresses.reportTo(reports);
  const wallets = createWalletService({
    wallets: createWalletRepository(database),
    mints,
    ledger,
    mintUrls: config.mintUrls,
    now,
  });

  const recoveries = createRecoveryRepository(database);
  const detection = createDetection({ recoveries, mints, reports, now });

  const keysets = createOutputKeysets(mints, now);
  const attempts = createMeltAttempts(outputs);
  const courier = createCourier({ operations, melts, mints, answerWithinMs: config.answerWithinMs, now });
  const incidents = createIncidents(reports);
  const exchanges = createExchanges({ operations, keysets, attempts, courier, incidents, detection, now });
  const lostTime = createLostTime({ operations, detection, now });
  const common = { operations, melts, ledger, mints, reports, detection, config, owner, now };
  const saga = createMeltSaga({ ...common, exchanges, courier, incidents, lostTime, times: config });
  const driver = createDriver({ operations, owner, leaseMs: config.leaseMs, now });
  const handlers = {
    melt: createMeltHandler({ saga, operations, incidents, orphanAfterMs: config.orphanAfterMs, now }),
    minting: createMintingHandler({ ...common, mintings, outputs, seeds }),
  };
  const worker = createWorker({
    operations,
    mints,
    driver,
    handlers,
    intervalMs: config.workerIntervalMs,
    leaseMs: config.leaseMs,
    logger,
    now,
  });

  const sweeper = createSweeper({ endDeadTransactions: createDeadTransactions(database).end, logger });
  const unserved = createUnservedMints({ operations, recoveries, mints, reports, filed, logger, now });
  const startWorkers = () => {
    worker.start();
    sweeper.start();
    unserved.start();
    restore.start();
    reports.start();
  };
  const stopWorkers = () =>
    Promise.allSettled([worker.stop(), sweeper.stop(), unserved.stop(), restore.stop()]);

  const runs = createRuns();
  const preflight = createPreflight({
    books: createBooks({ tokens, openOutputs: createOpenOutputReads(database, sealers, proofName) }),
    corrections: createCorrectionRepository(database, tokens, audit),
    mints,
    reports,
    now,
  });
  const ecash = createRecoveredEcashRepository(database, sealers, tokens, operations, audit, now);
  const restore = createRestore({ ...common, recoveries, ecash, tokens, counters, preflight, seeds, logger });
  const spending = createKeySpendingRepository(database);
  const budgets = createBudgets({ spending, now });
  const preparation = createPreparation({ ...common, tokens, keysets, attempts, preflight, budgets });

  const services: Services = {
    wallets,
    melts: createMeltService({
      wallets,
      operations,
      mints,
      preparation,
      detection,
      driver,
      handler: handlers.melt,
      network: config.network,
      answerWithinMs: config.answerWithinMs,
      inBackground: runs.inBackground,
      onLastCall: runs.onLastCall,
      now,
    }),
    mintings: createMintingService({
      wallets,
      operations,
      mintings,
      ledger,
      mints,
      seeds,
      detection,
      openMintingsPerWallet: config.openMintingsPerWallet,
      driver,
      handler: handlers.minting,
      now,
    }),
    apiKeys: createApiKeyService({ keys: createApiKeyRepository(database), spending, now }),
    signedRequests: createSignedRequestService({ used: createSignedRequestRepository(database), now }),
    bearerTokens: createBearerTokenService({ tokens: createBearerTokenRepository(database), now }),
    rateLimits: createRateLimitService({
      isOn: config.rateLimit === 'on',
      limits: createRateLimitRepository(database),
      counters: createRateCounters(database, logger),
      now,
    }),
    reports,
    health: createHealthService({
      isDatabaseWritable: () => isDatabaseWritable(database, 1_000),
      mintHealth: mints.health,
      isDraining,
    }),
  };

  async function drain(): Promise<void> {
    draining = true;
    const lastCall = setTimeout(runs.callLast, drainMs - lastCallMs);
    const limit = timer(drainMs);
    await Promise.race([Promise.all([stopWorkers(), runs.ended()]), limit.elapsed]);
    clearTimeout(lastCall);
    limit.cancel();
  }

  async function dispose(): Promise<void> {
    draining = true;
    await Promise.race([stopWorkers(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    await reports.stop();
    await database.close();
    // Only now: a request cut off while the database still listens would be written down as lost on its way.
    await http.close();
  }

  const publicOrigin = () => config.publicOrigin;
  return {
    config,
    logger,
    services,
    restore,
    database,
    startWorkers,
    drain,
    dispose,
    isDraining,
    publicOrigin,
  };
}

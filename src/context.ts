import { createChecks } from './checks.ts';
import type { Config, Secrets } from './config.ts';
import { createEngine } from './engine.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetering } from './metering.ts';
import type { Profile } from './models/profile.ts';
import { createAuditMacs } from './repositories/auditMacs.ts';
import { createTransactionTurns, type Database, openDatabase } from './repositories/database.ts';
import { createSealers, masterKeys } from './repositories/dataKeys.ts';
import { createDeadTransactions } from './repositories/deadTransactions.ts';
import { createDeploymentRepository } from './repositories/deployment.ts';
import { isDatabaseWritable } from './repositories/health.ts';
import { noteDataKeysAlone, refuseWrongMasterKeys } from './repositories/resealing/startCheck.ts';
import { createApiKeyService } from './services/apiKeyService.ts';
import { createArchiveRounds } from './services/archive/archiveRounds.ts';
import { type AuditSealing, createAuditSealing } from './services/audit/sealing.ts';
import { type AuditVerification, createAuditVerification } from './services/audit/verification.ts';
import { createBearerTokenService } from './services/auth/bearerTokens.ts';
import { createSignedRequestService } from './services/auth/signedRequests.ts';
import type { RestoreService, Services } from './services/contracts.ts';
import { createArithmetic } from './services/ecash/arithmetic.ts';
import { warnOfJavascript } from './services/ecash/curve.ts';
import { createSeeds } from './services/ecash/seeds.ts';
import { createForeignTokens } from './services/exchange/foreignTokens.ts';
import { createReceiveService } from './services/exchange/receiveService.ts';
import { createReclaimService } from './services/exchange/reclaimService.ts';
import { createSendReserving } from './services/exchange/sendReserving.ts';
import { createSendService } from './services/exchange/sendService.ts';
import { createHealthService } from './services/healthService.ts';
import { createBudgets } from './services/melt/budget.ts';
import { createMeltService } from './services/melt/meltService.ts';
import { createPreparation } from './services/melt/preparation.ts';
import type { EdgeMeters } from './services/metrics/contracts.ts';
import { meteredMelts, meteredPayments, meteredReports, meteredTurns } from './services/metrics/metered.ts';
import { meteredTransport } from './services/metrics/mintCalls.ts';
import { createMintDirectory } from './services/mint/mints.ts';
import { createRefusedAddresses } from './services/mint/refusedAddresses.ts';
import { refusingSimulated } from './services/mint/simulated.ts';
import { createHttpTransport, type Transport } from './services/mint/transport.ts';
import { createMintingService } from './services/minting/mintingService.ts';
import { createAnswering } from './services/operations/answering.ts';
import { createOvercomeTroubles } from './services/operations/overcomeTroubles.ts';
import { createRuns } from './services/operations/runs.ts';
import { createSweeper } from './services/operations/sweeper.ts';
import { createUnservedMints } from './services/operations/unservedMints.ts';
import { settleProfile } from './services/profileService.ts';
import { createRateLimitService } from './services/rateLimitService.ts';
import { createReconcileService } from './services/reconcile/reconcileService.ts';
import { createReportService } from './services/reportService.ts';
import { createRestoreRequests } from './services/restore/requests.ts';
import { createRestore } from './services/restore/restore.ts';
import { createSupport } from './services/support/support.ts';
import { createTransactionService } from './services/transactions/transactionService.ts';
import { createKeepUp } from './services/upkeep/keepUp.ts';
import { createUpkeepRounds } from './services/upkeep/upkeepRounds.ts';
import { createWalletService } from './services/walletService.ts';
import { createStores } from './stores.ts';
import { within } from './timing.ts';

/** One whole server, not listening yet. */
export type Context = {
  config: Config;
  logger: Logger;
  services: Services;
  meters: EdgeMeters;
  /** For operator commands; no request demands a recovery. */
  restore: RestoreService;
  /** For operator commands, too, and for tests that do not wait for the next round. */
  audit: AuditVerification & Pick<AuditSealing, 'seal'>;
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
  const { meters, metricsOf, end: endMetering } = createMetering({ config, secrets, profile, now });
  const allMints = createMintDirectory(
    config.mintUrls,
    meteredTransport(overrides.transport ?? http.carry, config.mintUrls, meters),
    config,
    (draft) => void reports.file(draft),
  );
  const masters = masterKeys(secrets);
  const turns = meteredTurns(createTransactionTurns(config.databaseTransactions), meters);
  const refuseUnlessFit = async (opened: Database): Promise<void> => {
    await refuseWrongMasterKeys(opened, masters);
    if (profile === undefined) return;
    const deployment = createDeploymentRepository(opened, now);
    await settleProfile({ profile, deployment, mints: allMints, mintUrls: config.mintUrls });
  };
  const database = await openDatabase(config.mongoUri, refuseUnlessFit, turns).catch(
    async (error: unknown) => {
      endMetering();
      await http.close();
      throw error;
    },
  );
  await noteDataKeysAlone(database, masters);
  let draining = false;
  const isDraining = () => draining;

  const plainStores = createStores({
    database,
    sealers: createSealers(database, masters),
    macs: createAuditMacs(secrets.mnemonic),
    config,
    logger,
    now,
  });
  const stores = { ...plainStores, melts: meteredMelts(plainStores.melts, meters.timed) };
  const mints = profile === 'production' ? refusingSimulated(allMints) : allMints;
  const arithmetic = createArithmetic(config.curveThreads);
  warnOfJavascript(logger);
  const seeds = createSeeds(secrets.mnemonic, stores.wallets);
  const { filed, spool } = stores;
  const reports = meteredReports(createReportService({ reports: filed, spool, config, logger, now }), meters);
  refusedAddresses.reportTo(reports);
  const wallets = createWalletService({ ...stores, mints, seeds, mintUrls: config.mintUrls, now });

  const engine = createEngine({ config, stores, mints, seeds, arithmetic, reports, meters, logger, now });
  const { worker } = engine;
  const sweeper = createSweeper({ endDeadTransactions: createDeadTransactions(database).end, logger });
  const sealing = createAuditSealing({ chain: stores.auditChain, reports, logger, now });
  const audit = { ...createAuditVerification(stores.auditReads), seal: sealing.seal };
  const unserved = createUnservedMints({ ...stores, mints, reports, logger, now });
  const overcome = createOvercomeTroubles({ filed: stores.filed, mints, logger, now });
  const startWorkers = () => {
    for (const { start } of rounds()) start();
    reports.start();
  };
  const rounds = () => [worker, sweeper, sealing, unserved, overcome, restore, upkeep, solvency, archive];
  const stopWorkers = () => Promise.allSettled(rounds().map(({ stop }) => stop()));

  const runs = createRuns();
  const { solvency, ...checks } = createChecks({ config, stores, mints, reports, meters, logger, now });
  const answering = createAnswering({ ...engine, ...runs, now });
  const common = {
    ...stores,
    ...engine,
    answering,
    wallets,
    mints,
    reports,
    seeds,
    arithmetic,
    ...checks,
    timed: meters.timed,
    config,
    now,
  };
  const restore = createRestore({ ...common, logger });
  const budgets = createBudgets({ spending: stores.spending, now });
  const keeping = createKeepUp({ ...common, swapping: engine.keepingUp, handler: engine.handlers.upkeep });
  const upkeep = createUpkeepRounds({
    turns: stores.upkeepTurns,
    keeping,
    mints,
    everyMs: config.upkeepIntervalMs,
    logger,
    now,
  });
  const archive = createArchiveRounds({ ...stores, afterMs: config.archiveAfterMs, logger, now });
  const preparation = createPreparation({ ...common, budgets, keeping });

  const sending = {
    ...common,
    swapping: engine.sending,
    handler: engine.handlers.send,
    openSendsPerWallet: config.openSendsPerWallet,
    answerWithinMs: config.answerWithinMs,
  };

  const services: Services = {
    wallets,
    melts: meteredPayments(
      createMeltService({
        ...common,
        preparation,
        handler: engine.handlers.melt,
        network: config.network,
        answerWithinMs: config.answerWithinMs,
        onLastCall: runs.onLastCall,
      }),
      meters,
    ),
    sends: {
      ...createSendService({ ...sending, reserving: createSendReserving({ ...sending, budgets, keeping }) }),
      ...createReclaimService(sending),
    },
    receives: createReceiveService({
      ...common,
      foreignTokens: createForeignTokens(common),
      swapping: engine.receiving,
      handler: engine.handlers.receive,
      leaseMs: config.leaseMs,
      openReceivesPerWallet: config.openReceivesPerWallet,
      answerWithinMs: config.answerWithinMs,
    }),
    mintings: createMintingService({
      ...common,
      openMintingsPerWallet: config.openMintingsPerWallet,
      handler: engine.handlers.minting,
    }),
    transactions: createTransactionService(common),
    apiKeys: createApiKeyService({ keys: stores.apiKeys, spending: stores.spending, now }),
    signedRequests: createSignedRequestService({ used: stores.signedRequests, now }),
    bearerTokens: createBearerTokenService({ tokens: stores.bearerTokens, now }),
    rateLimits: createRateLimitService({
      isOn: config.rateLimit === 'on',
      limits: stores.rateLimits,
      counters: stores.rateCounters,
      now,
    }),
    reconciling: createReconcileService(common),
    restores: createRestoreRequests({
      ...common,
      answerWithinMs: config.answerWithinMs,
      onLastCall: runs.onLastCall,
    }),
    reports,
    support: createSupport({ ...common, ...runs }),
    health: createHealthService({
      isDatabaseWritable: () => isDatabaseWritable(database, 1_000),
      mintHealth: mints.health,
      isDraining,
    }),
    metrics: metricsOf({ database, mints, reports }),
  };

  async function drain(): Promise<void> {
    draining = true;
    const lastCall = setTimeout(runs.callLast, drainMs - lastCallMs);
    await within(drainMs, Promise.all([stopWorkers(), runs.ended()]), () => undefined);
    clearTimeout(lastCall);
  }

  async function dispose(): Promise<void> {
    draining = true;
    await within(2_000, stopWorkers(), () => undefined);
    endMetering();
    await reports.stop();
    await database.close();
    await arithmetic.close();
    // Only now: a request cut off while the database still listens would be written down as lost on its way.
    await http.close();
  }

  const publicOrigin = () => config.publicOrigin;
  return {
    config,
    logger,
    services,
    restore,
    audit,
    database,
    meters,
    startWorkers,
    drain,
    dispose,
    isDraining,
    publicOrigin,
  };
}

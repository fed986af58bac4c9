import { randomUUID } from 'node:crypto';
import type { Config, Secrets } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import type { Profile } from './models/profile.ts';
import { createApiKeyRepository } from './repositories/apiKeys.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createCorrectionRepository } from './repositories/corrections.ts';
import { createCounterRepository } from './repositories/counters.ts';
import { connectDatabase, type Database, openDatabase } from './repositories/database.ts';
import { createDeploymentRepository } from './repositories/deployment.ts';
import { isDatabaseWritable } from './repositories/health.ts';
import { createLedgerRepository } from './repositories/ledger.ts';
import { createLegacySource } from './repositories/legacy/source.ts';
import { createTakeOver } from './repositories/legacy/takeOver.ts';
import { createMeltRepository } from './repositories/melts.ts';
import { createMintingRepository } from './repositories/mintings.ts';
import { createOpenOutputReads } from './repositories/openOutputs.ts';
import { createOperationRepository } from './repositories/operations.ts';
import { createReportRepository } from './repositories/reports.ts';
import { createSealer } from './repositories/sealing.ts';
import { createTokenRepository } from './repositories/tokens.ts';
import { createWalletRepository } from './repositories/wallets.ts';
import { createApiKeyService } from './services/apiKeyService.ts';
import type { Services } from './services/contracts.ts';
import { createOutputFactory, proofName } from './services/ecash/outputs.ts';
import { createSeeds } from './services/ecash/seeds.ts';
import { createHealthService } from './services/healthService.ts';
import { createMeltAttempts } from './services/melt/attempts.ts';
import { createBooks } from './services/melt/books.ts';
import { createCourier } from './services/melt/courier.ts';
import { createExchanges } from './services/melt/exchanges.ts';
import { createMeltHandler } from './services/melt/handler.ts';
import { createIncidents } from './services/melt/incidents.ts';
import { createMeltService } from './services/melt/meltService.ts';
import { createOutputKeysets } from './services/melt/outputKeysets.ts';
import { createPreflight } from './services/melt/preflight.ts';
import { createPreparation } from './services/melt/preparation.ts';
import { createMeltSaga } from './services/melt/saga.ts';
import { createMigrationService, type MigrationService } from './services/migration/migrationService.ts';
import { createMintDirectory } from './services/mint/mints.ts';
import { refusingSimulated } from './services/mint/simulated.ts';
import { createHttpTransport, type Transport } from './services/mint/transport.ts';
import { createMintingHandler } from './services/minting/mintingSaga.ts';
import { createMintingService } from './services/minting/mintingService.ts';
import { createDriver } from './services/operations/driver.ts';
import { createWorker } from './services/operations/worker.ts';
import { settleProfile } from './services/profileService.ts';
import { createReportService } from './services/reportService.ts';
import { createWalletService } from './services/walletService.ts';

/** One whole server, not listening yet. */
export type Context = {
  config: Config;
  logger: Logger;
  services: Services;
  /** For tests and tools that look behind the services. */
  database: Database;
  startWorkers(): void;
  /** Refuses new work and waits, at most `drainMs`, for runs that outlive their requests. */
  drain(): Promise<void>;
  dispose(): Promise<void>;
  isDraining(): boolean;
};

/** What a test may replace; production passes none. */
export type Overrides = { transport?: Transport; now?: () => Date; logger?: Logger };

const drainMs = 10_000;

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
  const database = await openDatabase(config.mongoUri);
  const owner = randomUUID();
  let draining = false;
  const isDraining = () => draining;

  const sealer = createSealer(secrets.masterKey);
  const audit = createAuditRepository(database);
  const tokens = createTokenRepository(database, sealer);
  const operations = createOperationRepository(database, sealer);
  const melts = createMeltRepository(database, tokens, operations, audit, now);
  const mintings = createMintingRepository(database, tokens, operations, audit, now);
  const ledger = createLedgerRepository(database, now);

  const http = createHttpTransport({ connectTimeoutMs: config.mintConnectTimeoutMs });
  const allMints = createMintDirectory(config.mintUrls, overrides.transport ?? http.carry, config);
  const mints = profile === 'production' ? refusingSimulated(allMints) : allMints;
  const seeds = createSeeds(secrets.mnemonic);
  const outputs = createOutputFactory(seeds, createCounterRepository(database));
  const reports = createReportService({ reports: createReportRepository(database), logger, now });
  const wallets = createWalletService({
    wallets: createWalletRepository(database),
    mints,
    ledger,
    mintUrls: config.mintUrls,
    now,
  });

  const keysets = createOutputKeysets(mints, now);
  const attempts = createMeltAttempts(outputs);
  const courier = createCourier({ operations, melts, mints, answerWithinMs: config.answerWithinMs, now });
  const exchanges = createExchanges({ operations, keysets, attempts, courier, now });
  const incidents = createIncidents(reports);
  const saga = createMeltSaga({
    operations,
    melts,
    mints,
    exchanges,
    courier,
    incidents,
    times: config,
    now,
  });
  const driver = createDriver({ operations, owner, leaseMs: config.leaseMs, now });
  const handlers = {
    melt: createMeltHandler({ saga, operations, incidents, orphanAfterMs: config.orphanAfterMs, now }),
    minting: createMintingHandler({ operations, mintings, mints, outputs, seeds, reports, now }),
  };
  const worker = createWorker({
    operations,
    driver,
    handlers,
    intervalMs: config.workerIntervalMs,
    leaseMs: config.leaseMs,
    logger,
    now,
  });

  const runs = new Set<Promise<unknown>>();
  const inBackground = (run: Promise<unknown>): void => {
    const tracked = run.finally(() => runs.delete(tracked));
    runs.add(tracked);
  };
  const preflight = createPreflight({
    books: createBooks({ tokens, openOutputs: createOpenOutputReads(database, sealer, proofName) }),
    corrections: createCorrectionRepository(database, tokens, audit),
    mints,
    reports,
    now,
  });
  const preparation = createPreparation({
    tokens,
    operations,
    melts,
    ledger,
    mints,
    keysets,
    attempts,
    preflight,
    config,
    owner,
    now,
  });

  const services: Services = {
    wallets,
    melts: createMeltService({
      wallets,
      operations,
      mints,
      preparation,
      driver,
      handler: handlers.melt,
      network: config.network,
      answerWithinMs: config.answerWithinMs,
      inBackground,
      now,
    }),
    mintings: createMintingService({
      wallets,
      operations,
      mintings,
      mints,
      seeds,
      driver,
      handler: handlers.minting,
      now,
    }),
    apiKeys: createApiKeyService({ keys: createApiKeyRepository(database), now }),
    reports,
    health: createHealthService({
      isDatabaseWritable: () => isDatabaseWritable(database, 1_000),
      mintHealth: mints.health,
      isDraining,
    }),
  };

  async function drain(): Promise<void> {
    draining = true;
    const limit = AbortSignal.timeout(drainMs);
    const out = new Promise<void>((resolve) =>
      limit.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([Promise.allSettled([worker.stop(), ...runs]), out]);
  }

  async function dispose(): Promise<void> {
    draining = true;
    await Promise.race([worker.stop(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    await reports.stop();
    await database.close();
    // Only now: a request cut off while the database still listens would be written down as lost on its way.
    await http.close();
  }

  if (profile !== undefined) {
    const deployment = createDeploymentRepository(database, now);
    const settling = settleProfile({ profile, deployment, mints: allMints, mintUrls: config.mintUrls });
    await settling.catch(async (error: unknown) => {
      await dispose();
      throw error;
    });
  }
  return { config, logger, services, database, startWorkers: worker.start, drain, dispose, isDraining };
}

/** What `crucible migrate` needs, on a store that no server would start on. Connecting writes nothing. */
export async function createMigration(given: {
  config: Config;
  secrets: Secrets;
}): Promise<{ migration: MigrationService; dispose(): Promise<void> }> {
  const { config, secrets } = given;
  const now = () => new Date();
  const database = await connectDatabase(config.mongoUri);
  const http = createHttpTransport({ connectTimeoutMs: config.mintConnectTimeoutMs });
  const sealer = createSealer(secrets.masterKey);
  const migration = createMigrationService({
    source: createLegacySource(database, sealer),
    takeOver: createTakeOver(database, sealer, createAuditRepository(database), now),
    mints: createMintDirectory(config.mintUrls, http.carry, config),
    mintUrls: config.mintUrls,
  });
  async function dispose(): Promise<void> {
    await database.close();
    await http.close();
  }
  return { migration, dispose };
}

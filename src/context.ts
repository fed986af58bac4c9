import { randomUUID } from 'node:crypto';
import type { Config, Secrets } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { createApiKeyRepository } from './repositories/apiKeys.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createCounterRepository } from './repositories/counters.ts';
import { type Database, openDatabase } from './repositories/database.ts';
import { isDatabaseWritable } from './repositories/health.ts';
import { createLedgerRepository } from './repositories/ledger.ts';
import { createMeltRepository } from './repositories/melts.ts';
import { createMintingRepository } from './repositories/mintings.ts';
import { createOperationRepository } from './repositories/operations.ts';
import { createReportRepository } from './repositories/reports.ts';
import { createSealer } from './repositories/sealing.ts';
import { createTokenRepository } from './repositories/tokens.ts';
import { createWalletRepository } from './repositories/wallets.ts';
import { createApiKeyService } from './services/apiKeyService.ts';
import type { Services } from './services/contracts.ts';
import { createOutputFactory } from './services/ecash/outputs.ts';
import { createSeeds } from './services/ecash/seeds.ts';
import { createHealthService } from './services/healthService.ts';
import { createMeltAttempts } from './services/melt/attempts.ts';
import { createCourier } from './services/melt/courier.ts';
import { createExchanges } from './services/melt/exchanges.ts';
import { createMeltHandler } from './services/melt/handler.ts';
import { createIncidents } from './services/melt/incidents.ts';
import { createMeltService } from './services/melt/meltService.ts';
import { createOutputKeysets } from './services/melt/outputKeysets.ts';
import { createPreflight } from './services/melt/preflight.ts';
import { createPreparation } from './services/melt/preparation.ts';
import { createMeltSaga } from './services/melt/saga.ts';
import { createMintDirectory } from './services/mint/mints.ts';
import { httpTransport, type Transport } from './services/mint/transport.ts';
import { createMintingHandler } from './services/minting/mintingSaga.ts';
import { createMintingService } from './services/minting/mintingService.ts';
import { createDriver } from './services/operations/driver.ts';
import { createWorker } from './services/operations/worker.ts';
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

/** The only place that constructs and wires. Indexes are built before it resolves. */
export async function createContext(given: {
  config: Config;
  secrets: Secrets;
  overrides?: Overrides;
}): Promise<Context> {
  const { config, secrets, overrides = {} } = given;
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

  const mints = createMintDirectory(config.mintUrls, overrides.transport ?? httpTransport, config);
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
  const exchanges = createExchanges({ operations, mints, keysets, attempts, courier, now });
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
  const preflight = createPreflight({ tokens, mints, audit, reports, now });
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
      mintAges: mints.ages,
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
  }

  return { config, logger, services, database, startWorkers: worker.start, drain, dispose, isDraining };
}

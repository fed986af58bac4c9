import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npubEncode } from 'nostr-tools/nip19';
import { Registry } from 'prom-client';
import { createApp } from '../../src/app.ts';
import { createLogger } from '../../src/logger.ts';
import type { Scope } from '../../src/models/apiKey.ts';
import { createApiKeyRepository } from '../../src/repositories/apiKeys.ts';
import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { createBearerTokenRepository } from '../../src/repositories/bearerTokens.ts';
import { openDatabase } from '../../src/repositories/database.ts';
import { isDatabaseWritable } from '../../src/repositories/health.ts';
import { createKeySpendingRepository } from '../../src/repositories/keySpending.ts';
import { createLedgerRepository } from '../../src/repositories/ledger.ts';
import { createOperationStories } from '../../src/repositories/operationStories.ts';
import { createRateCounters } from '../../src/repositories/rateCounters.ts';
import { createRateLimitRepository } from '../../src/repositories/rateLimits.ts';
import { createReportListRepository } from '../../src/repositories/reportList.ts';
import { createReportResolutions } from '../../src/repositories/reportResolutions.ts';
import { createReportSpool } from '../../src/repositories/reportSpool.ts';
import { createReportRepository } from '../../src/repositories/reports.ts';
import { createSignedRequestRepository } from '../../src/repositories/signedRequests.ts';
import { createTransactionListRepository } from '../../src/repositories/transactionList.ts';
import { createWalletRepository } from '../../src/repositories/wallets.ts';
import { createApiKeyService } from '../../src/services/apiKeyService.ts';
import { createBearerTokenService } from '../../src/services/auth/bearerTokens.ts';
import { createSignedRequestService } from '../../src/services/auth/signedRequests.ts';
import type {
  MeltService,
  MintingService,
  ReconcileService,
  RestoreRequestService,
} from '../../src/services/contracts.ts';
import type { ReceiveService, SendService } from '../../src/services/exchange/contracts.ts';
import { createHealthService } from '../../src/services/healthService.ts';
import { createMeters } from '../../src/services/metrics/meters.ts';
import { createRateLimitService } from '../../src/services/rateLimitService.ts';
import { createReportService } from '../../src/services/reportService.ts';
import { createSupportService } from '../../src/services/support/supportService.ts';
import { createTransactionService } from '../../src/services/transactions/transactionService.ts';
import { createWalletService } from '../../src/services/walletService.ts';
import { freshDatabase } from './mongo.ts';
import { expectDocumented, watchAnswers } from './openapi/watch.ts';
import { publicOrigin } from './signing.ts';

export const alice = npubEncode('3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d');
export const bob = npubEncode('82341f882b6eabcd2ba7f1ef90aad961cf074af15b9ef44a09f9d2a8fbfbe6a2');
export const mintUrl = 'http://mint.test';

const now = () => new Date();

/** The HTTP edge over a real database, without a mint: paying and minting do what the test puts into `money`. */
export async function startEdge() {
  watchAnswers();
  const fresh = await freshDatabase();
  const database = await openDatabase(fresh.uri);
  const logger = createLogger('silent');
  const state = { draining: false };
  const money: {
    melts: MeltService;
    mintings: MintingService;
    sends: SendService;
    receives: ReceiveService;
  } = {
    melts: { quote: unused, melt: unused, status: unused },
    mintings: { request: unused, complete: unused },
    sends: { send: unused, status: unused, reclaim: unused },
    receives: { receive: unused },
  };
  const apiKeys = createApiKeyService({
    keys: createApiKeyRepository(database),
    spending: createKeySpendingRepository(database),
    now,
  });
  const signedRequests = createSignedRequestService({ used: createSignedRequestRepository(database), now });
  const bearerTokens = createBearerTokenService({ tokens: createBearerTokenRepository(database), now });
  const directory = await mkdtemp(join(tmpdir(), 'crucible-spool-'));
  const spool = createReportSpool({ directory, instance: database.appName, logger });
  const reports = createReportService({
    reports: createReportRepository(database),
    spool,
    config: { reportRetentionDays: 0 },
    logger,
    now,
  });
  const transactionList = createTransactionListRepository(database);
  const wallets = createWalletService({
    wallets: createWalletRepository(database),
    transactionList,
    mints: { describe: async (url) => ({ mintUrl: url, mintId: null, units: ['sat'] }) },
    ledger: createLedgerRepository(database, now),
    seeds: { tokenKey: async () => ({ privateKey: '01'.repeat(32), publicKey: `02${'01'.repeat(32)}` }) },
    mintUrls: [mintUrl, 'http://other.test'],
    now,
  });
  const transactions = createTransactionService({ wallets, transactionList });
  const health = createHealthService({
    isDatabaseWritable: () => isDatabaseWritable(database, 1_000),
    mintHealth: () => [{ url: mintUrl, answeredMsAgo: null, circuit: 'closed' }],
    isDraining: () => state.draining,
  });
  const melts: MeltService = {
    quote: (npub, invoice, amount) => money.melts.quote(npub, invoice, amount),
    melt: (request) => money.melts.melt(request),
    status: (npub, id) => money.melts.status(npub, id),
  };
  const mintings: MintingService = {
    request: (request) => money.mintings.request(request),
    complete: (npub, id) => money.mintings.complete(npub, id),
  };
  const sends: SendService = {
    send: (request) => money.sends.send(request),
    status: (npub, id, budget) => money.sends.status(npub, id, budget),
    reclaim: (request) => money.sends.reclaim(request),
  };
  const receives: ReceiveService = { receive: (request) => money.receives.receive(request) };
  const rateLimits = createRateLimitService({
    isOn: false,
    limits: createRateLimitRepository(database),
    counters: createRateCounters(database, logger),
    now,
  });
  const reconciling: ReconcileService = { compare: unused, reconcile: unused };
  const restores: RestoreRequestService = { request: unused, present: unused };
  const services = {
    apiKeys,
    signedRequests,
    bearerTokens,
    rateLimits,
    metrics: { admits: () => true, scrape: unused },
    reconciling,
    restores,
    reports,
    support: {
      ...createSupportService({
        reportList: createReportListRepository(database),
        resolutions: createReportResolutions(
          database,
          createAuditRepository(database, createAuditMacs('words')),
        ),
        stories: createOperationStories(database),
        now,
      }),
      recheck: unused,
      decide: unused,
    },
    wallets,
    health,
    melts,
    mintings,
    sends,
    receives,
    transactions,
  };

  /** An Authorization header with a new key. */
  async function keyFor(scopes: Scope[], npub: string | null = null, expiresAt: Date | null = null) {
    const { token } = await apiKeys.issue({ label: 'test', scopes, npub, expiresAt });
    return `Bearer ${token}`;
  }

  async function stop() {
    await reports.stop();
    await database.close();
    await fresh.drop();
    await rm(directory, { recursive: true, force: true });
    expectDocumented();
  }

  const meters = createMeters(new Registry(), [mintUrl], now);
  const app = createApp({
    services,
    logger,
    isDraining: () => state.draining,
    publicOrigin: () => publicOrigin,
    meters,
    config: { trustedProxies: [], corsOrigins: [] },
  });
  return { app, services, meters, database, logger, state, money, keyFor, stop };
}

async function unused(): Promise<never> {
  throw new Error('this test does not expect money to move');
}

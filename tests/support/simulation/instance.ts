import type { Logger } from '../../../src/logger.ts';
import type { ReportDraft } from '../../../src/models/report.ts';
import { createAuditRepository } from '../../../src/repositories/audit.ts';
import { createAuditMacs } from '../../../src/repositories/auditMacs.ts';
import { createCorrectionRepository } from '../../../src/repositories/corrections.ts';
import { createCounterRepository } from '../../../src/repositories/counters.ts';
import type { Database } from '../../../src/repositories/database.ts';
import { createKeySpendingRepository } from '../../../src/repositories/keySpending.ts';
import { createLedgerRepository } from '../../../src/repositories/ledger.ts';
import { createMeltRepository } from '../../../src/repositories/melts.ts';
import { createOpenOutputReads } from '../../../src/repositories/openOutputs.ts';
import { createOperationRepository } from '../../../src/repositories/operations.ts';
import { createRecoveryRepository } from '../../../src/repositories/recoveries.ts';
import type { Sealer } from '../../../src/repositories/sealing.ts';
import { createTokenRepository } from '../../../src/repositories/tokens.ts';
import { createTransactionListRepository } from '../../../src/repositories/transactionList.ts';
import { createWalletRepository } from '../../../src/repositories/wallets.ts';
import { inProcess } from '../../../src/services/ecash/arithmetic.ts';
import { createOutputFactory, proofName } from '../../../src/services/ecash/outputs.ts';
import { createMeltAttempts } from '../../../src/services/melt/attempts.ts';
import { createBooks } from '../../../src/services/melt/books.ts';
import { createBudgets } from '../../../src/services/melt/budget.ts';
import { createComparison } from '../../../src/services/melt/comparison.ts';
import { createCorrecting } from '../../../src/services/melt/correcting.ts';
import { createCourier } from '../../../src/services/melt/courier.ts';
import { createExchanges } from '../../../src/services/melt/exchanges.ts';
import { createMeltHandler } from '../../../src/services/melt/handler.ts';
import { createIncidents } from '../../../src/services/melt/incidents.ts';
import { createLostTime } from '../../../src/services/melt/lostTime.ts';
import { createMeltService } from '../../../src/services/melt/meltService.ts';
import { createOutputKeysets } from '../../../src/services/melt/outputKeysets.ts';
import { createPreflight } from '../../../src/services/melt/preflight.ts';
import { createPreparation } from '../../../src/services/melt/preparation.ts';
import { createMeltSaga } from '../../../src/services/melt/saga.ts';
import type { Timed } from '../../../src/services/metrics/contracts.ts';
import { createMintDirectory } from '../../../src/services/mint/mints.ts';
import type { Transport } from '../../../src/services/mint/transport.ts';
import { createAnswering } from '../../../src/services/operations/answering.ts';
import { createDriver } from '../../../src/services/operations/driver.ts';
import { createWorker } from '../../../src/services/operations/worker.ts';
import { createDetection } from '../../../src/services/restore/detection.ts';
import { createWalletService } from '../../../src/services/walletService.ts';
import { oneForAll } from '../sealers.ts';

export const mintUrl = 'http://mint.toy';

/** Shorter waits than in production, in the same proportions. */
export const times = {
  fenceDelayMs: 20_000,
  answerWithinMs: 5_000,
  orphanAfterMs: 10_000,
  leaseMs: 3_000,
  intervalMs: 3_000,
  mintTimeoutMs: 2_000,
  meltTimeoutMs: 15_000,
  paymentsPerMint: 16,
  openMeltsPerWallet: 100,
};

/** What is sealed stays readable here: the checks look inside. */
export const openSealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed };
export const openSealers = oneForAll(openSealer);

const seeds = {
  walletSeed: async () => new Uint8Array([7]),
  quoteKey: async () => ({ privateKey: '', publicKey: '' }),
  tokenKey: async () => ({ privateKey: '', publicKey: '' }),
};

/** One process' worth of the real services, wired as `createContext` wires them, on a toy store and a toy mint. */
export function createInstance(parts: {
  database: Database;
  transport: Transport;
  owner: string;
  logger: Logger;
  report: (draft: ReportDraft) => void;
}) {
  const { database, transport, owner, logger, report } = parts;
  const now = () => new Date();
  const audit = createAuditRepository(database, createAuditMacs('words'));
  const tokens = createTokenRepository(database, openSealers);
  const operations = createOperationRepository(database, openSealers);
  const melts = createMeltRepository(database, tokens, operations, audit, now);
  const ledger = createLedgerRepository(database, now);
  const mints = createMintDirectory([mintUrl], transport, times);
  const arithmetic = inProcess();
  const counters = createCounterRepository(database);
  const outputs = createOutputFactory({ seeds, counters, arithmetic });
  const reports = {
    file: async (draft: ReportDraft) => {
      report(draft);
      return 'report';
    },
    close: async () => undefined,
  };
  const wallets = createWalletService({
    wallets: createWalletRepository(database),
    transactionList: createTransactionListRepository(database),
    mints,
    ledger,
    seeds,
    mintUrls: [mintUrl],
    now,
  });
  const detection = createDetection({
    recoveries: {
      ...createRecoveryRepository(database),
      require: async () => {
        report({
          dedupeKey: '',
          severity: 'CRITICAL',
          code: 'STORE_BEHIND_MINT',
          summary: 'though it never was',
        });
        return true;
      },
    },
    mints,
    arithmetic,
    reports,
    now,
  });
  const keysets = createOutputKeysets(mints, now);
  const attempts = createMeltAttempts(outputs);
  const courier = createCourier({ operations, melts, mints, answerWithinMs: times.answerWithinMs, now });
  const incidents = createIncidents(reports);
  const exchanges = createExchanges({ operations, keysets, attempts, courier, incidents, detection, now });
  const saga = createMeltSaga({
    operations,
    melts,
    mints,
    exchanges,
    courier,
    incidents,
    lostTime: createLostTime({ operations, detection, now }),
    arithmetic,
    times,
    now,
  });
  const driver = createDriver({ operations, owner, leaseMs: times.leaseMs, now });
  const melt = createMeltHandler({ saga, operations, incidents, orphanAfterMs: times.orphanAfterMs, now });
  const unsimulated = { advance: notSimulated, waitMs: notSimulated, reread: notSimulated };
  const worker = createWorker({
    operations,
    mints,
    driver,
    handlers: {
      melt,
      minting: unsimulated,
      send: unsimulated,
      receive: unsimulated,
      upkeep: unsimulated,
    },
    logger,
    now,
    ...times,
  });
  const books = createBooks({ tokens, openOutputs: createOpenOutputReads(database, openSealers, proofName) });
  const comparison = createComparison({ books, mints });
  const preflight = createPreflight({
    books,
    comparison,
    looking: comparison,
    correcting: createCorrecting({ corrections: createCorrectionRepository(database, tokens, audit), now }),
    reports,
  });
  const timed: Timed = (_phase, work) => work();
  const everywhere = { directMeltPercent: 100, fullPreflightPercent: 100 };
  const config = { feeCapBase: 50n, feeCapPercent: 20n, ...everywhere, ...times };
  const preparation = createPreparation({
    tokens,
    operations,
    melts,
    ledger,
    mints,
    keysets,
    attempts,
    preflight,
    budgets: createBudgets({ spending: createKeySpendingRepository(database), now }),
    detection,
    keeping: { keepUp: async () => 'nothing' },
    timed,
    config,
    owner,
    now,
  });
  const onLastCall = () => () => undefined;
  const meltService = createMeltService({
    wallets,
    operations,
    mints,
    preparation,
    detection,
    answering: createAnswering({
      driver,
      inBackground: () => undefined,
      onLastCall,
      now,
    }),
    handler: melt,
    network: 'bitcoin',
    answerWithinMs: times.answerWithinMs,
    timed,
    onLastCall,
    now,
  });
  return { meltService, worker };
}

function notSimulated(): never {
  throw new Error('melts alone are simulated');
}

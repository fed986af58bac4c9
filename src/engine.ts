import { randomUUID } from 'node:crypto';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import type { ReportService } from './services/contracts.ts';
import type { EcashArithmetic } from './services/ecash/arithmetic.ts';
import { createOutputFactory } from './services/ecash/outputs.ts';
import type { Seeds } from './services/ecash/seeds.ts';
import { createExchangeParts } from './services/exchange/exchangeParts.ts';
import { createReceiveHandler } from './services/exchange/receiveHandler.ts';
import { createSendHandler } from './services/exchange/sendHandler.ts';
import { createMeltAttempts } from './services/melt/attempts.ts';
import { createCourier } from './services/melt/courier.ts';
import { createExchanges } from './services/melt/exchanges.ts';
import { createMeltHandler } from './services/melt/handler.ts';
import { createIncidents } from './services/melt/incidents.ts';
import { createLostTime } from './services/melt/lostTime.ts';
import { createOutputKeysets } from './services/melt/outputKeysets.ts';
import { createMeltSaga } from './services/melt/saga.ts';
import type { Meters } from './services/metrics/contracts.ts';
import { meteredHandlers, meteredRecovery, meteredSubmits } from './services/metrics/metered.ts';
import type { MintDirectory } from './services/mint/mints.ts';
import { createMintingHandler } from './services/minting/mintingSaga.ts';
import { createDriver } from './services/operations/driver.ts';
import { createWorker } from './services/operations/worker.ts';
import { createDetection } from './services/restore/detection.ts';
import { createUpkeepHandler } from './services/upkeep/upkeepHandler.ts';
import type { Stores } from './stores.ts';

/** What carries operations to their end, whoever began them. */
export type Engine = ReturnType<typeof createEngine>;

/** The part of `context.ts` that wires the kinds of operations, what advances them, and what they are made of. */
export function createEngine(given: {
  config: Config;
  stores: Stores;
  mints: MintDirectory;
  seeds: Seeds;
  arithmetic: EcashArithmetic;
  reports: ReportService;
  meters: Meters;
  logger: Logger;
  now: () => Date;
}) {
  const { config, stores, mints, seeds, arithmetic, reports, meters, logger, now } = given;
  const { operations, melts, mintings } = stores;
  const owner = randomUUID();
  const outputs = createOutputFactory({ seeds, counters: stores.counters, arithmetic });
  const detection = createDetection({ recoveries: stores.recoveries, mints, arithmetic, reports, now });
  const keysets = createOutputKeysets(mints, now);
  const attempts = createMeltAttempts(outputs);
  const courier = createCourier({
    operations,
    melts,
    mints: meteredSubmits(mints, meters.timed),
    answerWithinMs: config.answerWithinMs,
    now,
  });
  const incidents = createIncidents(reports);
  const exchanges = createExchanges({ operations, keysets, attempts, courier, incidents, detection, now });
  const lostTime = createLostTime({ operations, detection, now });
  const common = { operations, mints, arithmetic, reports, detection, now };
  const saga = createMeltSaga({ ...common, melts, exchanges, courier, incidents, lostTime, times: config });
  const exchange = createExchangeParts({ ...common, outputs, keysets });
  const plainHandlers = {
    melt: createMeltHandler({ saga, operations, incidents, orphanAfterMs: config.orphanAfterMs, now }),
    minting: createMintingHandler({ ...common, mintings, outputs, seeds }),
    send: createSendHandler({
      ...common,
      sends: stores.sends,
      swapping: exchange.sending,
      incidents: exchange.incidents,
      orphanAfterMs: config.orphanAfterMs,
      claimedAfterMs: Math.min(config.fenceDelayMs, 60_000),
    }),
    receive: createReceiveHandler({
      ...common,
      receives: stores.receives,
      swapping: exchange.receiving,
      incidents: exchange.incidents,
    }),
    upkeep: createUpkeepHandler({
      ...common,
      upkeeps: stores.upkeeps,
      swapping: exchange.keepingUp,
      incidents: exchange.incidents,
      orphanAfterMs: config.orphanAfterMs,
    }),
  };
  const handlers = meteredHandlers(plainHandlers, meters);
  const driver = createDriver({ operations, owner, leaseMs: config.leaseMs, now });
  const worker = createWorker({
    operations,
    mints,
    driver: meteredRecovery(driver, meters),
    handlers,
    intervalMs: config.workerIntervalMs,
    leaseMs: config.leaseMs,
    logger,
    now,
  });
  const { sending, receiving, keepingUp } = exchange;
  return { owner, detection, keysets, attempts, driver, handlers, sending, receiving, keepingUp, worker };
}

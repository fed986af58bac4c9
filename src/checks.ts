import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import type { ReportService } from './services/contracts.ts';
import { createBooks } from './services/melt/books.ts';
import { createComparison } from './services/melt/comparison.ts';
import { createCorrecting } from './services/melt/correcting.ts';
import { createPreflight } from './services/melt/preflight.ts';
import type { Meters, Occasion } from './services/metrics/contracts.ts';
import { meteredComparison, meteredCorrecting, meteredPreflight } from './services/metrics/metered.ts';
import type { MintDirectory } from './services/mint/mints.ts';
import { createInventory } from './services/reconcile/inventory.ts';
import { createSolvencyRounds } from './services/solvency/solvencyRounds.ts';
import { createVerification } from './services/solvency/verification.ts';
import type { Stores } from './stores.ts';

/** The part of `context.ts` that wires what holds books against mints: for a payment, because somebody asks, and by itself. */
export function createChecks(given: {
  config: Config;
  stores: Stores;
  mints: MintDirectory;
  reports: ReportService;
  meters: Meters;
  logger: Logger;
  now: () => Date;
}) {
  const { config, stores, mints, reports, meters, logger, now } = given;
  const books = createBooks(stores);
  const plain = createComparison({ books, mints });
  const comparing = (by: Occasion) => meteredComparison(plain, meters, by);
  const correcting = meteredCorrecting(createCorrecting({ corrections: stores.corrections, now }), meters);
  const preflight = createPreflight({
    books,
    comparison: comparing('payment'),
    looking: plain,
    correcting,
    reports,
  });
  const verification = createVerification({
    ...stores,
    inventory: createInventory({ ...stores, comparison: comparing('verification') }),
    mints,
    reports,
    now,
  });
  return {
    preflight: meteredPreflight(preflight, meters.timed),
    comparison: comparing('payment'),
    correcting,
    inventory: createInventory({ ...stores, comparison: comparing('reconciliation') }),
    solvency: createSolvencyRounds({
      solvency: stores.solvency,
      verification,
      mints,
      everyMs: config.solvencyIntervalMs,
      logger,
      now,
    }),
  };
}

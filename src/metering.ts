import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import type { Config, Secrets } from './config.ts';
import type { Profile } from './models/profile.ts';
import type { Database } from './repositories/database.ts';
import { takePulse } from './repositories/health.ts';
import { createMissingIndexes } from './repositories/indexes.ts';
import { createStandings } from './repositories/standings.ts';
import { curveBackend } from './services/ecash/curve.ts';
import type { Meters, MetricsService } from './services/metrics/contracts.ts';
import { createMeters } from './services/metrics/meters.ts';
import { createMetricsService } from './services/metrics/metricsService.ts';
import { createProcessGauges } from './services/metrics/processGauges.ts';
import type { MintDirectory } from './services/mint/mints.ts';

/** What wallets hold is counted no more often than they are verified, and at most once a minute, for all instances. */
const solvencyEveryMs = (intervalMs: number): number =>
  intervalMs === 0 ? 60_000 : Math.min(60_000, Math.max(5_000, intervalMs));
/** So old the comparison of indexes with their schemas may be. */
const indexesMaxAgeMs = 30_000;

/** The part of `context.ts` that wires the metrics: a registry for each server, since several live in a process of tests. */
export function createMetering(given: {
  config: Config;
  secrets: Secrets;
  profile: Profile | undefined;
  now: () => Date;
}): {
  meters: Meters;
  metricsOf(parts: {
    database: Database;
    mints: Pick<MintDirectory, 'health'>;
    reports: { waiting(): number };
  }): MetricsService;
  end(): void;
} {
  const { config, secrets, profile, now } = given;
  const registry = new Registry();
  const gauges = createProcessGauges(registry, config.heapLimitBytes);
  return {
    meters: createMeters(registry, config.mintUrls, now),
    metricsOf: ({ database, mints, reports }) =>
      createMetricsService({
        registry,
        process: gauges,
        standings: createStandings(database, solvencyEveryMs(config.solvencyIntervalMs), config.mintUrls),
        pulse: () => takePulse(database, now),
        missingIndexes: createMissingIndexes(database, indexesMaxAgeMs),
        mints,
        reportsWaiting: reports.waiting,
        transactionsWaiting: () => database.turns.waiting(),
        solvencyIntervalMs: config.solvencyIntervalMs,
        version: version(),
        curveBackend,
        token: secrets.metricsToken,
        isOpen: profile !== 'production',
        now,
      }),
    end: gauges.end,
  };
}

/** Of the package, which stands one folder above this file, built or not. */
function version(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return version;
}

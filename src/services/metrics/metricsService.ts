import { createHash, timingSafeEqual } from 'node:crypto';
import { Gauge, type Registry } from 'prom-client';
import type { Standing } from '../../models/standing.ts';
import { within } from '../../timing.ts';
import type { CurveBackend } from '../ecash/curve.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { MetricsService } from './contracts.ts';
import type { createProcessGauges } from './processGauges.ts';
import { createStandingGauges } from './standingGauges.ts';

/** As long as a scrape waits for the database. */
const patienceMs = 2_500;

/** How the database answered: whether it takes writes, how long that took, and how far its clock is ahead of ours. */
export type DatabasePulse = { isWritable: boolean; seconds: number; clockAheadSeconds: number };

export function createMetricsService(parts: {
  registry: Registry;
  process: Pick<ReturnType<typeof createProcessGauges>, 'read'>;
  /** Answers in time, and never throws. */
  standings: { latest(now: Date): Promise<Standing> };
  pulse: () => Promise<DatabasePulse>;
  missingIndexes: () => Promise<number>;
  mints: Pick<MintDirectory, 'health'>;
  reportsWaiting: () => number;
  transactionsWaiting: () => number;
  solvencyIntervalMs: number;
  version: string;
  curveBackend: CurveBackend;
  /** Null: none is needed, or nobody is admitted. */
  token: string | null;
  isOpen: boolean;
  now: () => Date;
}): MetricsService {
  const { registry, standings, pulse, missingIndexes, mints, reportsWaiting, token, isOpen, now } = parts;
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const build = gauge('crucible_build_info', 'Versions; always 1', ['version', 'node']);
  const curve = gauge('crucible_curve_backend', 'What does curve arithmetic; always 1', ['backend']);
  const interval = gauge(
    'crucible_solvency_interval_seconds',
    'How often each wallet is to be verified; 0 = never',
  );
  const databaseUp = gauge('crucible_database_up', 'Whether the database takes writes');
  const roundTrip = gauge('crucible_database_round_trip_seconds', 'How long the database took to say so');
  const skew = gauge(
    'crucible_database_clock_ahead_seconds',
    'Clock of the database less that of this server',
  );
  const lacked = gauge('crucible_indexes_missing', 'Indexes that the database lacks');
  const inLine = gauge('crucible_database_turns_waiting', 'Transactions that wait for their turn');
  const waiting = gauge('crucible_reports_waiting', 'Reports that wait here for the database');
  const mintUp = gauge('crucible_mint_up', 'Whether the mint is asked without holding back', ['mint']);
  const heard = gauge('crucible_mint_last_answer_age_seconds', 'How long ago the mint last answered', [
    'mint',
  ]);
  const standing = createStandingGauges(registry);
  build.set({ version: parts.version, node: process.versions.node }, 1);
  curve.set({ backend: parts.curveBackend }, 1);
  interval.set(parts.solvencyIntervalMs / 1_000);
  let looking: Promise<void> | null = null;

  /** Null where there is no answer in time, or none at all; whoever was asked gives up by limits of its own. */
  const inTime = <T>(work: Promise<T>): Promise<T | null> =>
    within(
      patienceMs,
      work.catch(() => null),
      () => null,
    );

  async function look(): Promise<void> {
    const [beat, missing, found] = await Promise.all([
      inTime(pulse()),
      inTime(missingIndexes()),
      standings.latest(now()),
    ]);
    databaseUp.set(beat?.isWritable === true ? 1 : 0);
    for (const [each, value] of [
      [roundTrip, beat?.seconds],
      [skew, beat?.clockAheadSeconds],
      [lacked, missing],
    ] as const) {
      if (value === undefined || value === null) each.remove();
      else each.set(value);
    }
    standing.set(found, now());
    waiting.set(reportsWaiting());
    inLine.set(parts.transactionsWaiting());
    mintUp.reset();
    heard.reset();
    for (const { url, circuit, answeredMsAgo } of mints.health()) {
      mintUp.set({ mint: url }, circuit === 'closed' ? 1 : 0);
      if (answeredMsAgo !== null) heard.set({ mint: url }, answeredMsAgo / 1_000);
    }
    parts.process.read();
  }

  return {
    admits: (shown) => (token === null ? isOpen : shown !== null && isSame(shown, token)),
    async scrape() {
      // All who ask at once share one look.
      looking ??= look().finally(() => {
        looking = null;
      });
      await looking;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** In a time that tells nothing of how much of it is right. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

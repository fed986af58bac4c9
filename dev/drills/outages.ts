import { setTimeout as pause } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { slowerThan, standsStill } from './moves.ts';
import { pay, quote } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

export const mintOutage: Drill = {
  name: 'mint-outage',
  symptom: 'payments are refused with 503 MINT_UNAVAILABLE, because the mint is silent',
  runbook: 'mint-outage',
  alert: 'CrucibleMintDown',
  metric: 'crucible_mint_up',
  async live(stack) {
    return quote(stack);
  },
  async provoke(stack) {
    await stack.sim().addFaults({ match: { path: '*' }, fault: { kind: 'drop_before' }, times: null });
  },
  shows: (now) => now !== null && sumOf(now, 'crucible_mint_up') === 0,
  async cure(stack) {
    await stack.sim().clearFaults();
  },
  isCured: (now) => sumOf(now, 'crucible_mint_up') === 1,
};

const inAdmin = async (stack: Stack, command: Record<string, unknown>): Promise<void> => {
  await stack.inDatabase((database) => database.admin().command(command));
};

/** The only member of the replica set is no primary any more, and does not stand again. */
const stepDown = (stack: Stack): Promise<void> =>
  inAdmin(stack, { replSetStepDown: 600, secondaryCatchUpPeriodSecs: 0, force: true });
const standAgain = (stack: Stack): Promise<void> => inAdmin(stack, { replSetFreeze: 0 });

export const databaseOutage: Drill = {
  name: 'database-outage',
  symptom: 'requests are refused with 503 DATABASE_UNAVAILABLE, because the replica set has no primary',
  runbook: 'database-outage',
  alert: 'CrucibleDatabaseDown',
  metric: 'crucible_database_up',
  provoke: stepDown,
  shows: (now) => now !== null && sumOf(now, 'crucible_database_up') === 0,
  cure: standAgain,
  isCured: (now) => sumOf(now, 'crucible_database_up') === 1,
};

const reportsWaiting: Drill = {
  name: 'reports-waiting',
  symptom: 'reports pile up in memory and on disk, because the database takes no writes',
  runbook: 'database-outage',
  alert: 'CrucibleReportsWaiting',
  metric: 'crucible_reports_waiting',
  async live(stack) {
    return stack.call('GET', `/api/wallet/${stack.at().npub}/balance`);
  },
  provoke: stepDown,
  shows: (now) => now !== null && sumOf(now, 'crucible_reports_waiting') > 0,
  cure: standAgain,
  isCured: (now) => sumOf(now, 'crucible_reports_waiting') === 0,
};

/** So long writes are held back, again and again: most that come meanwhile wait for more than a second. */
const heldBackMs = 3_000;

/** As if the disk were slow, until the work is done. @throws what the work throws */
async function withSlowWrites<T>(stack: Stack, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await inAdmin(stack, { fsync: 1, lock: true });
    await pause(heldBackMs);
    await inAdmin(stack, { fsyncUnlock: 1 });
  }
  return done;
}

const slowIn = (now: Scrape, phase: string): number =>
  slowerThan(now, 'crucible_melt_phase_duration_seconds', '1', `phase="${phase}"`);

/** A disk on which every write takes more than a second. */
function createDatabaseSlow(): Drill {
  let isSlow = false;
  const slow = (now: Scrape): number => slowIn(now, 'reserve') + slowIn(now, 'book');
  return {
    name: 'database-slow',
    symptom: 'payments take seconds, because the database takes that long for a write',
    runbook: 'database-outage',
    alert: 'CrucibleDatabaseSlow',
    metric: 'crucible_melt_phase_duration_seconds',
    async live(stack) {
      return isSlow ? withSlowWrites(stack, pay(stack)) : pay(stack);
    },
    async provoke() {
      isSlow = true;
    },
    shows: (now, calm) => now !== null && slow(now) > slow(calm),
    async cure() {
      isSlow = false;
    },
    isCured: standsStill(slow),
  };
}

const serverDown: Drill = {
  name: 'server-down',
  symptom: 'nobody answers, neither customers nor Prometheus, because the server has ended',
  runbook: 'server-down',
  alert: 'CrucibleDown',
  metric: 'up',
  async provoke(stack) {
    await stack.stopServer();
  },
  shows: (now) => now === null,
  async cure(stack) {
    await stack.restart();
  },
  isCured: () => true,
};

export const outageDrills = (): Drill[] => [
  mintOutage,
  databaseOutage,
  reportsWaiting,
  createDatabaseSlow(),
  serverDown,
];

import { Gauge, type Registry } from 'prom-client';
import { receiveStates, sendStates } from '../../models/exchange.ts';
import { finishedStates, meltStates, mintingStates, type Operation } from '../../models/operation.ts';
import { type Severity, severities } from '../../models/report.ts';
import type { OperationCount, SolvencyCount, Standing } from '../../models/standing.ts';
import { upkeepStates } from '../../models/upkeep.ts';

const statesOf: Record<Operation['kind'], readonly string[]> = {
  melt: meltStates,
  minting: mintingStates,
  send: sendStates,
  receive: receiveStates,
  upkeep: upkeepStates,
};

/** Ended operations are told as they end (`crucible_operations_ended_total`), but for those that wait for a person. */
const ended: readonly string[] = finishedStates.filter((state) => state !== 'needs_attention');

/** What the database holds, the same on every instance: whoever sums over instances takes the maximum instead. */
export function createStandingGauges(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const operations = gauge('crucible_operations', 'Operations that have not ended, by state', [
    'kind',
    'state',
  ]);
  const oldest = gauge('crucible_operation_oldest_age_seconds', 'Age of the oldest operation of this state', [
    'kind',
    'state',
  ]);
  const reports = gauge('crucible_reports_open', 'Open reports', ['severity']);
  const unsealed = gauge('crucible_audit_events_unsealed', 'Audit events that have no seal yet');
  const recovering = gauge('crucible_wallets_recovering', 'Wallets that are being recovered');
  const ofMint = ['mint', 'unit'] as const;
  const booked = gauge(
    'crucible_solvency_booked',
    'Ecash that the books hold, at its last verification',
    ofMint,
  );
  const verified = gauge('crucible_solvency_verified', 'What of that the mint honours', ofMint);
  const gap = gauge('crucible_solvency_gap', 'Booked less verified, in units', ofMint);
  const wallets = gauge('crucible_wallets', 'Wallets', ofMint);
  const withGap = gauge('crucible_wallets_with_gap', 'Wallets whose books and mint differ', ofMint);
  const unverified = gauge('crucible_wallets_unverified', 'Wallets never verified as a whole', ofMint);
  const oldestVerification = gauge(
    'crucible_solvency_oldest_verification_age_seconds',
    'How long ago that wallet was verified which has waited longest',
    ofMint,
  );
  const up = gauge('crucible_standing_up', 'Whether these counts of the database are known', ['question']);
  const age = gauge('crucible_standing_age_seconds', 'How old these counts of the database are', [
    'question',
  ]);
  const all = [
    operations,
    oldest,
    reports,
    unsealed,
    recovering,
    booked,
    verified,
    gap,
    wallets,
    withGap,
    unverified,
    oldestVerification,
    up,
    age,
  ];

  const secondsSince = (at: Date, now: Date): number => Math.max(0, now.getTime() - at.getTime()) / 1_000;

  /** What is not known is not told, rather than what was. */
  function set(standing: Standing, now: Date): void {
    for (const each of all) each.reset();
    for (const each of [unsealed, recovering]) each.remove();
    for (const [question, counted] of Object.entries(standing)) {
      up.set({ question }, counted === null ? 0 : 1);
      if (counted !== null) age.set({ question }, secondsSince(counted.at, now));
    }
    if (standing.operations !== null) setOperations(standing.operations.value, now);
    if (standing.reports !== null) setReports(standing.reports.value);
    if (standing.unsealed !== null) unsealed.set(standing.unsealed.value);
    if (standing.recovering !== null) recovering.set(standing.recovering.value);
    if (standing.solvency !== null) setSolvency(standing.solvency.value, now);
  }

  function setOperations(counts: readonly OperationCount[], now: Date): void {
    for (const [kind, states] of Object.entries(statesOf))
      for (const state of states.filter((each) => !ended.includes(each))) {
        operations.set({ kind, state }, 0);
        oldest.set({ kind, state }, 0);
      }
    for (const { kind, state, count, oldestAt } of counts) {
      operations.set({ kind, state }, count);
      oldest.set({ kind, state }, secondsSince(oldestAt, now));
    }
  }

  function setReports(counts: readonly { severity: Severity; count: number }[]): void {
    for (const severity of severities) reports.set({ severity }, 0);
    for (const { severity, count } of counts) reports.set({ severity }, count);
  }

  function setSolvency(counts: readonly SolvencyCount[], now: Date): void {
    for (const each of counts) {
      const by = { mint: each.mintUrl, unit: each.unit };
      booked.set(by, Number(each.booked));
      verified.set(by, Number(each.verified));
      gap.set(by, Number(each.booked - each.verified));
      wallets.set(by, each.wallets);
      withGap.set(by, each.withGap);
      unverified.set(by, each.unverified);
      if (each.oldestAt !== null) oldestVerification.set(by, secondsSince(each.oldestAt, now));
    }
  }

  return { set };
}

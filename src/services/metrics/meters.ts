import { Counter, Histogram, type Registry } from 'prom-client';
import { backendTroubles } from '../../models/backendTrouble.ts';
import { discrepancyTypes } from '../../models/discrepancy.ts';
import { type ErrorCode, InvariantBroken } from '../../models/errors.ts';
import { isFinished, type Operation, operationKinds } from '../../models/operation.ts';
import { rateLimitNames } from '../../models/rateLimit.ts';
import { type Severity, severities } from '../../models/report.ts';
import { UntimelySignature } from '../auth/refusals.ts';
import { type MeltPhase, type Meters, meltAnswers, occasions, recoveryResults } from './contracts.ts';

/** With the limits of the KPIs among them: a quote within 1 s, a payment within 5 s. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Finer where a transaction's time lies on a database that is well. */
const phaseBounds = [
  0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Refusals whose increase an alert looks at, each with the only severity that it is given. */
const alarmingRefusals: readonly { code: ErrorCode; severity: Severity }[] = [
  { code: 'MINT_ERROR', severity: 'MEDIUM' },
  { code: 'DUPLICATE_PAYMENT', severity: 'MEDIUM' },
];

/** Everything that is counted where it happens. Labels have few values, all of them ours; docs/metrics.md lists them. */
export function createMeters(registry: Registry, mintUrls: readonly string[], now: () => Date): Meters {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[] = seconds,
  ) => new Histogram({ name, help, labelNames, buckets, registers });

  const requests = counter('crucible_http_requests_total', 'Requests by route and status', [
    'route',
    'status',
  ]);
  const requestSeconds = histogram(
    'crucible_http_request_duration_seconds',
    'Time from the arrival of a request to the end of its answer',
    ['route'],
  );
  const replays = counter('crucible_idempotency_replays_total', 'Answers that were made earlier', ['route']);
  const refusals = counter(
    'crucible_refusals_total',
    'Requests that were refused, or failed, by error code',
    ['code', 'severity'],
  );
  const limited = counter('crucible_rate_limited_total', 'Requests over a limit, by which limit', ['limit']);
  const unauthenticated = counter(
    'crucible_unauthenticated_total',
    'Requests whose caller could not be told, by what they showed',
    ['scheme'],
  );
  const badSignatures = counter('crucible_bad_signatures_total', 'Signed requests that were refused', [
    'because',
  ]);
  const phaseSeconds = histogram(
    'crucible_melt_phase_duration_seconds',
    'Parts of payments',
    ['phase', 'outcome'],
    phaseBounds,
  );
  const payments = counter('crucible_payments_total', 'Payments by how they came out', ['outcome']);
  const paymentSeconds = histogram(
    'crucible_payment_duration_seconds',
    'Time from the reservation of ecash to the knowledge of how a payment came out',
    ['outcome'],
  );
  const answers = counter(
    'crucible_melt_answers_total',
    'First answers to requests to pay, by what they said',
    ['answer'],
  );
  const ended = counter('crucible_operations_ended_total', 'Operations that ended here, by how', [
    'kind',
    'state',
  ]);
  const runs = counter(
    'crucible_recovery_runs_total',
    'Looks of the worker at operations, by what came of it',
    ['kind', 'result'],
  );
  const differences = counter(
    'crucible_discrepancies_total',
    'Proofs of which books and mint said different things, each time that it was seen',
    ['type', 'found_by'],
  );
  const missing = counter(
    'crucible_missing_ecash_total',
    'Amount of ecash that was unspent in the books and is marked as spent since the mint calls it so, in units',
    ['unit'],
  );
  const reports = counter('crucible_reports_filed_total', 'Incidents that were filed, repeats too', [
    'severity',
  ]);
  const broken = counter('crucible_invariants_broken_total', 'Safety checks that failed, by where', [
    'where',
  ]);
  const callSeconds = histogram('crucible_mint_call_duration_seconds', 'Exchanges with mints', [
    'mint',
    'call',
    'outcome',
  ]);
  const troubles = counter(
    'crucible_mint_backend_troubles_total',
    'Refusals of mints whose words tell of a known trouble of their backend',
    ['mint', 'trouble'],
  );
  const turnSeconds = histogram(
    'crucible_database_turn_wait_seconds',
    'How long transactions waited for their turn',
    [],
  );
  // Known from the start: of a counter that begins with its first event, Prometheus sees no increase.
  for (const where of ['request', 'worker', 'operation']) broken.inc({ where }, 0);
  for (const outcome of ['paid', 'failed', 'stopped']) payments.inc({ outcome }, 0);
  missing.inc({ unit: 'sat' }, 0);
  for (const answer of meltAnswers) answers.inc({ answer }, 0);
  for (const kind of operationKinds) for (const result of recoveryResults) runs.inc({ kind, result }, 0);
  for (const refusal of alarmingRefusals) refusals.inc(refusal, 0);
  for (const severity of severities) reports.inc({ severity }, 0);
  for (const because of ['clock', 'other']) badSignatures.inc({ because }, 0);
  for (const scheme of ['none', 'key', 'token', 'nostr']) unauthenticated.inc({ scheme }, 0);
  for (const limit of rateLimitNames) limited.inc({ limit }, 0);
  for (const type of discrepancyTypes)
    for (const found_by of occasions) differences.inc({ type, found_by }, 0);
  for (const mint of mintUrls) for (const trouble of backendTroubles) troubles.inc({ mint, trouble }, 0);

  function noteEnd(before: Operation, after: Operation): void {
    if (isFinished(after.state) && !isFinished(before.state)) {
      ended.inc({ kind: after.kind, state: after.state });
      // The only way into this state (docs/melt.md).
      if (after.state === 'needs_attention') broken.inc({ where: 'operation' });
    }
    if (after.kind !== 'melt' || paymentOutcome(before.state) !== null) return;
    const outcome = paymentOutcome(after.state);
    if (outcome === null) return;
    payments.inc({ outcome });
    paymentSeconds.observe({ outcome }, Math.max(0, now().getTime() - after.createdAt.getTime()) / 1_000);
  }

  return {
    answered({ route, status, seconds: took, isReplay }) {
      const by = { route: route ?? 'none' };
      requests.inc({ ...by, status: status === null ? 'gone' : String(status) });
      requestSeconds.observe(by, took);
      if (isReplay) replays.inc(by);
    },
    refused(error, { scheme }) {
      refusals.inc({ code: error.code, severity: error.severity });
      if (error.cause instanceof InvariantBroken) broken.inc({ where: 'request' });
      const { limitedBy } = error.members;
      if (error.code === 'RATE_LIMITED') limited.inc({ limit: String(limitedBy) });
      if (error.code !== 'UNAUTHENTICATED') return;
      unauthenticated.inc({ scheme });
      const because = error.cause instanceof UntimelySignature ? 'clock' : 'other';
      if (scheme === 'nostr') badSignatures.inc({ because });
    },
    async timed<T>(phase: MeltPhase, work: () => Promise<T>): Promise<T> {
      const startedMs = performance.now();
      const note = (outcome: 'ok' | 'failed') =>
        phaseSeconds.observe({ phase, outcome }, (performance.now() - startedMs) / 1_000);
      try {
        const result = await work();
        note('ok');
        return result;
      } catch (error) {
        note('failed');
        throw error;
      }
    },
    meltAnswered: (answer) => answers.inc({ answer }),
    advanced: noteEnd,
    recoveryRun: (kind, result) => runs.inc({ kind, result }),
    discrepancies(found, by) {
      for (const type of found) differences.inc({ type, found_by: by });
    },
    writtenOff: (amount, unit) => missing.inc({ unit }, Number(amount)),
    filed: (severity) => reports.inc({ severity }),
    brokenInvariant: (where) => broken.inc({ where }),
    mintCall: ({ mintUrl, call, outcome, seconds: took }) =>
      callSeconds.observe({ mint: mintUrl, call, outcome }, took),
    backendTrouble: (mintUrl, trouble) => troubles.inc({ mint: mintUrl, trouble }),
    waitedForTurn: (waited) => turnSeconds.observe(waited),
  };
}

/** Null while it is open. What was paid stays so, whatever becomes of its change. */
function paymentOutcome(state: Operation['state']): 'paid' | 'failed' | 'stopped' | null {
  switch (state) {
    case 'paid':
    case 'settled':
      return 'paid';
    case 'released':
    case 'cancelled':
      return 'failed';
    case 'needs_attention':
    case 'written_off':
      return 'stopped';
    default:
      return null;
  }
}

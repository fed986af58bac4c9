import type { FaultWish } from '../../simulator/client.ts';
import type { Drill } from './drill.ts';
import { slowerThan, standsStill } from './moves.ts';
import { pay, quote } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import type { Reply, Stack } from './stack.ts';

type Told = Pick<Drill, 'name' | 'symptom' | 'runbook' | 'alert' | 'metric'>;

/** Something at the mint, or on the way to it, that its operator puts right. `bad` counts what it does to customers. */
function ofMint(
  told: Told,
  fault: Omit<FaultWish, 'times'>,
  live: (stack: Stack) => Promise<Reply>,
  bad: (now: Scrape) => number,
): Drill {
  return {
    ...told,
    live: (stack) => live(stack),
    async provoke(stack) {
      await stack.sim().addFaults({ ...fault, times: null });
    },
    shows: (now, calm) => now !== null && bad(now) > bad(calm),
    async cure(stack) {
      await stack.sim().clearFaults();
    },
    isCured: standsStill(bad),
  };
}

const pays = { method: 'POST', path: '/v1/melt/bolt11' } as const;
const quotes = { method: 'POST', path: '/v1/melt/quote/bolt11' } as const;

/** Of three exchanges one is lost on its way back. */
function createMintUnstable(): Drill {
  let isUnstable = false;
  const lost = (now: Scrape): number =>
    sumOf(now, 'crucible_mint_call_duration_seconds_count', 'outcome="lost"');
  return {
    name: 'mint-unstable',
    symptom: 'one request in three fails, because connections to the mint break off',
    runbook: 'mint-outage',
    alert: 'CrucibleMintUnstable',
    metric: 'crucible_mint_call_duration_seconds',
    async live(stack) {
      if (isUnstable) await stack.sim().addFaults({ match: quotes, fault: 'drop_after', times: 1 });
      await quote(stack);
      await quote(stack);
      return quote(stack);
    },
    async provoke() {
      isUnstable = true;
    },
    shows: (now, calm) => now !== null && lost(now) > lost(calm),
    async cure(stack) {
      isUnstable = false;
      await stack.sim().clearFaults();
    },
    isCured: standsStill(lost),
  };
}

/** What customers notice first of a mint that goes wrong (docs/metrics.md, KPIs). */
export const qualityDrills = (): Drill[] => [
  ofMint(
    {
      name: 'failing-payments',
      symptom: 'payments fail with PAYMENT_FAILED, because the mint finds no route',
      runbook: 'failing-payments',
      alert: 'CruciblePaymentsFail',
      metric: 'crucible_payments_total',
    },
    {
      match: pays,
      fault: { kind: 'error_code', code: 20_004, detail: 'Lightning payment failed: no route' },
    },
    pay,
    (now) => sumOf(now, 'crucible_payments_total', 'outcome="failed"'),
  ),
  ofMint(
    {
      name: 'slow-quotes',
      symptom: 'quotes take longer than a second, because the mint takes that long',
      runbook: 'slow-payments',
      alert: 'CrucibleQuotesSlow',
      metric: 'crucible_melt_phase_duration_seconds',
    },
    { match: quotes, fault: { kind: 'delay', delayMs: 1_500 } },
    quote,
    (now) => slowerThan(now, 'crucible_melt_phase_duration_seconds', '1', 'phase="quote"'),
  ),
  ofMint(
    {
      name: 'slow-payments',
      symptom: 'payments take longer than five seconds, because the mint takes that long',
      runbook: 'slow-payments',
      alert: 'CruciblePaymentsSlow',
      metric: 'crucible_payment_duration_seconds',
    },
    { match: pays, fault: { kind: 'delay', delayMs: 6_000 } },
    pay,
    (now) => slowerThan(now, 'crucible_payment_duration_seconds', '5', 'outcome="paid"'),
  ),
  createMintUnstable(),
  ofMint(
    {
      name: 'errors',
      symptom: 'requests fail with 502 MINT_ERROR, because a web page answers where the mint should',
      runbook: 'errors',
      alert: 'CrucibleErrors',
      metric: 'crucible_http_requests_total',
    },
    { match: quotes, fault: { kind: 'html', status: 200 } },
    quote,
    (now) => sumOf(now, 'crucible_http_requests_total', 'status="5'),
  ),
];

import type { Drill } from './drill.ts';
import { pay, topUp } from './paying.ts';
import { sumOf } from './scrapes.ts';

const issuing = ['crucible_operations', 'kind="minting"', 'state="issuing"'] as const;

const notCredited: Drill = {
  name: 'not-credited',
  symptom: 'customers have paid, and are not credited, because the mint does not issue their ecash',
  runbook: 'stuck-pending',
  alert: 'CrucibleOperationsStuck',
  metric: 'crucible_operation_oldest_age_seconds',
  live: (stack) => topUp(stack, 8),
  async provoke(stack) {
    const match = { method: 'POST', path: '/v1/mint/bolt11' } as const;
    await stack.sim().addFaults({ match, fault: { kind: 'status', status: 500 }, times: null });
  },
  shows: (now) => now !== null && sumOf(now, ...issuing) > 0,
  async cure(stack) {
    await stack.sim().clearFaults();
  },
  isCured: (now) => sumOf(now, ...issuing) === 0,
};

const open = ['crucible_reports_open', 'severity="HIGH"'] as const;

const wrongChange: Drill = {
  name: 'wrong-change',
  symptom: 'payments cost more than invoice and fee, because the change that the mint gives does not verify',
  runbook: 'open-reports',
  alert: 'CrucibleHighReports',
  metric: 'crucible_reports_open',
  live: (stack) => pay(stack),
  async provoke(stack) {
    const fault = { kind: 'spoil_signatures', flaws: ['wrong_point'] } as const;
    const replies = ['/v1/melt/bolt11', '/v1/melt/quote/bolt11/*', '/v1/restore'];
    await stack.sim().addFaults(...replies.map((path) => ({ match: { path }, fault, times: null })));
  },
  shows: (now) => now !== null && sumOf(now, ...open) > 0,
  async cure(stack) {
    await stack.sim().clearFaults();
  },
  isCured: (now) => sumOf(now, ...open) === 0,
};

/** What is owed to customers, and does not come. */
export const creditDrills: readonly Drill[] = [notCredited, wrongChange];

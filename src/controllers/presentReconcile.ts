import type { Discrepancy } from '../models/discrepancy.ts';
import type { CorrectionAction, ProofComparison, TokenDiscrepancy } from '../services/contracts.ts';
import { toJsonSum } from './amounts.ts';

/** An answer has room for so many lines; all are counted. */
const maxListed = 1_000;

/** The gravest first. */
const severities = ['HIGH', 'MEDIUM', 'LOW'] as const satisfies readonly Discrepancy['severity'][];

export function presentComparison(comparison: ProofComparison) {
  const { discrepancies, at, ...counts } = comparison;
  const of = (severity: Discrepancy['severity']) =>
    discrepancies.filter((discrepancy) => discrepancy.severity === severity);
  return {
    success: true,
    ...counts,
    discrepancies: severities.flatMap(of).slice(0, maxListed).map(presentDiscrepancy),
    severityCounts: { HIGH: of('HIGH').length, MEDIUM: of('MEDIUM').length, LOW: of('LOW').length },
    consistent: discrepancies.length === 0,
    hasHighSeverity: of('HIGH').length > 0,
    timestamp: at.toISOString(),
  };
}

export function presentReconciliation(
  reconciliation: ProofComparison & { dryRun: boolean; actions: CorrectionAction[] },
) {
  const { actions, dryRun, ...comparison } = reconciliation;
  return {
    ...presentComparison(comparison),
    dryRun,
    actions: actions.slice(0, maxListed).map(({ amount, ...action }) => ({
      ...action,
      amount: toJsonSum(amount),
    })),
  };
}

/** What belongs to no token is an output of the operation `transactionId`. */
function presentDiscrepancy({ amount, operationId, ...discrepancy }: TokenDiscrepancy) {
  return { ...discrepancy, transactionId: operationId, amount: toJsonSum(amount) };
}

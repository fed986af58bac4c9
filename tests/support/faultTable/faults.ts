import type { AskedFault } from '../../../simulator/client.ts';
import { clockFaults, deedFaults, deliveryFaults } from './deliveryFaults.ts';
import { type FaultRow, row } from './faultRow.ts';
import { descriptionFaults, quoteFaults, signatureFaults, stateFaults } from './lies.ts';
import type { Phase } from './phases.ts';

const onMelt = (name: string, fault: AskedFault): FaultRow => row(name, fault, ['melt']);

/** What a mint can do with a payment. */
export const paymentFaults: readonly FaultRow[] = [
  onMelt('PENDING, then PAID', { kind: 'melt_pending', result: 'paid', afterMs: 150 }),
  onMelt('PENDING, then UNPAID', { kind: 'melt_pending', result: 'failed', afterMs: 150 }),
  onMelt('PENDING, remembered by NUT-19, then PAID', {
    kind: 'melt_pending',
    result: 'paid',
    afterMs: 150,
    cached: true,
  }),
  onMelt('“payment failed”, though it was paid', { kind: 'error_code', code: 20_004, processed: true }),
  onMelt('“payment failed”, though it was never tried', { kind: 'error_code', code: 20_004 }),
  onMelt('“PAID”, though it was never tried', {
    kind: 'status',
    status: 200,
    body: { state: 'PAID', payment_preimage: '0'.repeat(64), change: [] },
  }),
  onMelt('change signed after PAID is visible', { kind: 'change_late', afterMs: null }),
  { ...onMelt('a sat too little change', { kind: 'change_amount', delta: -1 }), withholdsChange: true },
  onMelt('a sat too much change', { kind: 'change_amount', delta: 1 }),
];

export const allFaults: readonly FaultRow[] = [
  ...deliveryFaults,
  ...deedFaults,
  ...clockFaults,
  ...signatureFaults,
  ...quoteFaults,
  ...stateFaults,
  ...descriptionFaults,
  ...paymentFaults,
];

/** Whether a fault has a place at this answer, and makes it another than the true one. */
export function canMeet(
  { meets, says, flaws, needsSignatures, representative }: FaultRow,
  { answers, truth, faults }: Pick<Phase, 'answers' | 'truth' | 'faults'>,
): boolean {
  const hasPlace = meets === 'every answer' || meets.includes(answers);
  const restates = says !== undefined && says === truth.says;
  const agrees = truth.shown !== undefined && flaws?.length === 1 && flaws.includes(truth.shown);
  const isWanted = faults === 'all' || representative === true;
  return hasPlace && isWanted && !restates && !agrees && (needsSignatures ?? 0) <= truth.signatures;
}

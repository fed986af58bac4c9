import { DomainError } from '../../../src/models/errors.ts';
import type { MeltOperation } from '../../../src/models/operation.ts';
import { StaleOperation } from '../../../src/repositories/operations.ts';
import { isWriteConflict } from '../../../src/repositories/transaction.ts';
import type { MeltRequest } from '../../../src/services/contracts.ts';
import { isDatabaseAway, isOutcomeUnknown } from '../../../src/services/databaseFaults.ts';
import { ReplyNotStored } from '../../../src/services/melt/courier.ts';
import { demand } from './invariants.ts';
import type { ToyMint } from './toyMint.ts';

/** What a client was told about one operation. */
type Told = { transactionId: string; outcome: 'paid' | 'failed' };

/** Remembers what clients were answered, so that the end can be held against it. */
export function createAnswers(mint: ToyMint) {
  const told: Told[] = [];

  function answered(operation: MeltOperation): void {
    if (operation.state !== 'settled' && operation.state !== 'paid') return;
    demand(
      mint.melts.payments.get(operation.paymentHash) === 1,
      () => `a client was told that ${operation.id} is paid, and it is not`,
    );
    told.push({ transactionId: operation.id, outcome: 'paid' });
  }

  function refused(error: unknown): void {
    demand(isExpected(error), () => `a client was answered with ${String(error)}`);
    if (!(error instanceof DomainError)) return;
    const transactionId = String(error.members['transactionId'] ?? error.about.transactionId ?? '');
    if (error.code === 'PAYMENT_FAILED' && transactionId !== '')
      told.push({ transactionId, outcome: 'failed' });
    if (error.code === 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS')
      told.push({ transactionId, outcome: 'paid' });
  }

  function checkAgainst(melts: readonly MeltOperation[]): void {
    for (const { transactionId, outcome } of told) {
      const state = melts.find(({ id }) => id === transactionId)?.state;
      demand(
        state === undefined || (state === 'settled') === (outcome === 'paid'),
        () => `a client was told that ${transactionId} has ${outcome}, and it ended ${state}`,
      );
    }
  }

  return { answered, refused, checkAgainst };
}

/** Codes that an honest mint and a store with faults may cause. */
const unexpected = new Set([
  'PROOF_STATE_INCONSISTENCY',
  'CRITICAL_MELT_FAILURE',
  'INTERNAL_ERROR',
  'VALIDATION_ERROR',
]);

/** Whether the faults of this world explain an error: nothing else may ever come up, not even in a log. */
export function isExpected(error: unknown): boolean {
  if (error instanceof DomainError) return !unexpected.has(error.code);
  return (
    isDatabaseAway(error) ||
    isOutcomeUnknown(error) ||
    isWriteConflict(error) ||
    error instanceof ReplyNotStored ||
    error instanceof StaleOperation
  );
}

export type MeltOrder = Pick<MeltRequest, 'invoice' | 'respondAsync' | 'idempotency' | 'budget'>;

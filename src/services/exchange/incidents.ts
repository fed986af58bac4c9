import { enteredStateAt, isFinished } from '../../models/operation.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { ReportService } from '../contracts.ts';
import { oddForMs } from '../operations/oddities.ts';
import { remember } from '../operations/remember.ts';
import type { Exchanging } from './swapFacts.ts';

/** So many operations are remembered. What is forgotten is counted once more in its report. */
const maxRemembered = 10_000;

const codes = {
  send: 'CRITICAL_SEND_FAILURE',
  receive: 'CRITICAL_RECEIVE_FAILURE',
  upkeep: 'CRITICAL_UPKEEP_FAILURE',
} as const;

/** What of a send, receive or upkeep a person should hear about. */
export type ExchangeIncidents = ReturnType<typeof createExchangeIncidents>;

export function createExchangeIncidents(reports: ReportService) {
  const filedFor = new Set<string>();

  function file(
    operation: Exchanging,
    draft: Pick<ReportDraft, 'dedupeKey' | 'severity' | 'code' | 'summary'>,
  ): Promise<string> {
    const { id: transactionId, npub, walletId } = operation;
    remember(filedFor, transactionId, maxRemembered);
    return reports.file({ ...draft, npub, walletId, transactionId });
  }

  return {
    needsAttention: (operation: Exchanging, why: string) =>
      file(operation, {
        // The key by which the edge files the same incident when it tells the client.
        dedupeKey: `${codes[operation.kind]}:${operation.id}`,
        severity: 'CRITICAL',
        code: codes[operation.kind],
        summary: `The ${operation.kind} of ${operation.amount} ${operation.unit} was stopped: ${why}. Its ecash stays where it is until a person decides.`,
      }),

    badSignatures: (operation: Exchanging) =>
      file(operation, {
        dedupeKey: `bad-signatures:${operation.id}`,
        severity: 'HIGH',
        code: 'SIGNATURES_DO_NOT_VERIFY',
        summary: `The mint answered the swap of a ${operation.kind} with signatures that do not verify. Nothing of it is credited; it is asked again until they do.`,
      }),

    /** A swap takes moments. One that has been under way for an hour is told; a token that waits for its recipient is none. */
    openTooLong: async (operation: Exchanging, at: Date): Promise<void> => {
      const isUnderWay = operation.state !== 'sent' && !isFinished(operation.state);
      const forMs = at.getTime() - enteredStateAt(operation).getTime();
      if (!isUnderWay || forMs < oddForMs || filedFor.has(operation.id)) return;
      await file(operation, {
        dedupeKey: `open:${operation.id}`,
        severity: 'HIGH',
        code: 'OPERATION_OPEN_TOO_LONG',
        summary: `The ${operation.kind} has been in state ${operation.state} for over an hour. The mint is asked until the outcome is known.`,
      });
    },

    /** The operation has ended, or waits for its recipient: what was reported about it before is over. */
    close: async (operation: Exchanging, byWorker: boolean): Promise<void> => {
      if (!byWorker && !filedFor.has(operation.id)) return;
      filedFor.delete(operation.id);
      const how = `The operation ended as ${operation.state}.`;
      await reports.close(`open:${operation.id}`, how);
      await reports.close(`bad-signatures:${operation.id}`, how);
      await reports.close(`${codes[operation.kind]}:${operation.id}`, how);
    },
  };
}

import { createHash } from 'node:crypto';
import type { MeltOperation, StoredReply } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { ReportService } from '../contracts.ts';
import { readSigned } from '../mint/replies.ts';
import { remember } from '../operations/remember.ts';
import { type CollectedChange, maximumChange, minimumChange } from './change.ts';
import type { Decision } from './decision.ts';

const maxRemembered = 10_000;
const feeAboveLimitKey = ({ id }: MeltOperation): string => `fee-above-limit:${id}`;
const badChangeKey = ({ id }: MeltOperation): string => `bad-change:${id}`;

/** Why a person is called, in words that fit into a report. */
export const whyStopped: Record<Extract<Decision, `attention${string}`>, string> = {
  attention: 'some inputs were spent by somebody else',
  attention_doubted:
    'for an hour the mint has called the quote paid while our ecash for it is not spent there; the invoice may have been paid by somebody else',
  attention_swap_refused:
    'for an hour the mint has refused to swap our ecash, with no reason that rules out an earlier request; no payment was sent',
};

/** Whether a person was called because its swap was refused: its ecash was not spent then, so nothing can have been paid with it. */
export function isStoppedUnswapped({ timeline }: MeltOperation): boolean {
  return timeline.some(({ event }) => event === whyStopped.attention_swap_refused);
}

/** What of a melt a person should hear about. */
export type Incidents = ReturnType<typeof createIncidents>;

export function createIncidents(reports: ReportService) {
  const filedFor = new Set<string>();
  const file = (
    operation: MeltOperation,
    draft: Pick<ReportDraft, 'dedupeKey' | 'severity' | 'code' | 'summary' | 'details'>,
  ) => {
    // What is forgotten here is closed a little later, by whoever tidies the reports of ended operations.
    remember(filedFor, operation.id, maxRemembered);
    return reports.file({
      ...draft,
      npub: operation.npub,
      walletId: operation.walletId,
      transactionId: operation.id,
      quoteId: operation.quote.id,
    });
  };

  return {
    needsAttention: (operation: MeltOperation, why: string) =>
      file(operation, {
        // The key by which the edge files the same incident when it tells the client.
        dedupeKey: `CRITICAL_MELT_FAILURE:${operation.id}`,
        severity: 'CRITICAL',
        code: 'CRITICAL_MELT_FAILURE',
        summary: `The melt was stopped: ${why}. Its funds stay reserved until a person decides.`,
      }),

    /** Change is about to be booked, and is all that is going to be. */
    changeIs: async (operation: MeltOperation, { proofs, complete }: CollectedChange): Promise<void> => {
      const got = sumAmounts(proofs);
      const [minimum, maximum] = [minimumChange(operation), maximumChange(operation)];
      const wasLate = operation.state === 'paid';
      if (complete && (wasLate || filedFor.has(operation.id)))
        await reports.close(badChangeKey(operation), 'All of the change has come, and verifies.');
      if (got < minimum)
        await file(operation, {
          dedupeKey: `change:${operation.id}`,
          severity: 'HIGH',
          code: 'CHANGE_BELOW_MINIMUM',
          summary: `The invoice is paid, but the mint returned ${got} of at least ${minimum} ${operation.unit} change within 24 h.`,
        });
      if (got > maximum)
        await file(operation, {
          dedupeKey: `excess-change:${operation.id}`,
          severity: 'MEDIUM',
          code: 'CHANGE_ABOVE_MAXIMUM',
          summary: `The invoice is paid, and the mint returned ${got - maximum} ${operation.unit} more change than was paid in for fees. Its signatures are good, so all of it is credited; the fees shown to the client can be below zero.`,
        });
    },

    badChange: (operation: MeltOperation, unverified: number) =>
      file(operation, {
        dedupeKey: badChangeKey(operation),
        severity: 'HIGH',
        code: 'CHANGE_DOES_NOT_VERIFY',
        summary: `The invoice is paid, but ${unverified} of the mint's change signatures do not verify. They are kept, not credited; the mint is asked again.`,
      }),

    badSignatures: (operation: MeltOperation, purpose: string, reply: StoredReply | null) =>
      file(operation, {
        dedupeKey: `bad-signatures:${operation.id}`,
        severity: 'HIGH',
        code: 'SIGNATURES_DO_NOT_VERIFY',
        summary: `The mint answered a ${purpose} with signatures that do not verify, and has signed nothing of ours. The same request is sent again; the funds stay reserved.`,
        details: { reply: reply && outlineOf(reply) },
      }),

    feeAboveLimit: (operation: MeltOperation, purpose: 'swap' | 'fence', fee: bigint) =>
      file(operation, {
        dedupeKey: feeAboveLimitKey(operation),
        severity: 'HIGH',
        code: 'FEE_ABOVE_LIMIT',
        summary: `The mint now takes input fees by which a new ${purpose} would bring the cost to ${fee} ${operation.unit}, and the payment may cost ${operation.feeCap} ${operation.unit}. The ${purpose} waits until the mint takes less; the funds stay reserved.`,
      }),

    paidButUnspent: (operation: MeltOperation) =>
      file(operation, {
        dedupeKey: `open:${operation.id}`,
        severity: 'HIGH',
        code: 'QUOTE_PAID_INPUTS_UNSPENT',
        summary:
          'The mint calls the quote paid, but our ecash for it is not spent there. It is not booked as paid; the mint is asked until both agree.',
      }),

    openTooLong: (operation: MeltOperation) =>
      file(operation, {
        dedupeKey: `open:${operation.id}`,
        severity: 'HIGH',
        code: 'OPERATION_OPEN_TOO_LONG',
        summary: `The melt has been open for over an hour in state ${operation.state}. The mint is asked until the outcome is known; the funds stay reserved.`,
      }),

    /** Whether anything was reported about it here: then somebody has to close it. */
    areFiled: (operation: MeltOperation): boolean => filedFor.has(operation.id),

    /** The operation has ended: what was reported about it while it was open is over. */
    closeAll: async (operation: MeltOperation): Promise<void> => {
      filedFor.delete(operation.id);
      const how = `The operation ended as ${operation.state}.`;
      await reports.close(`open:${operation.id}`, how);
      await reports.close(`bad-signatures:${operation.id}`, how);
      await reports.close(feeAboveLimitKey(operation), how);
      await reports.close(`CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS:${operation.id}`, how);
      await reports.close(`CRITICAL_MELT_FAILURE:${operation.id}`, how);
    },
  };
}

/** A reply as a report may tell it: its words may repeat the request, and with it secrets of ecash that is not spent yet. */
function outlineOf(reply: StoredReply): Record<string, unknown> {
  const reading = readSigned(reply);
  return {
    httpStatus: reply.httpStatus,
    bytes: Buffer.byteLength(reply.body),
    sha256: createHash('sha256').update(reply.body).digest('base64'),
    signatures: reading.kind === 'signed' ? reading.signatures.length : null,
  };
}

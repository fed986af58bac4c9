import { isFinished, type MintingOperation } from '../../models/operation.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { ReportService } from '../contracts.ts';
import { oddForMs } from '../operations/oddities.ts';
import { remember } from '../operations/remember.ts';

/** So many operations are remembered. What is forgotten is counted once more in its report. */
const maxRemembered = 10_000;

/** What people are told of a minting, without what follows from it. */
type Incident = Pick<ReportDraft, 'dedupeKey' | 'severity' | 'code' | 'summary'>;

/** What of a minting a person should hear about. */
export type MintingIncidents = ReturnType<typeof createMintingIncidents>;

export function createMintingIncidents(reports: ReportService) {
  const heldUp = new Set<string>();

  function file(operation: MintingOperation, draft: Incident): Promise<string> {
    const { id: transactionId, npub, walletId, quoteId } = operation;
    return reports.file({ ...draft, npub, walletId, transactionId, quoteId });
  }

  return {
    /** The mint was paid an hour ago, and whatever it is that it says or does not say since: that may have no end. */
    heldUp: async (operation: MintingOperation, obstacle: string, at: Date): Promise<void> => {
      const { id, state, amount, unit, paidSince } = operation;
      if (isFinished(state) || paidSince === null || heldUp.has(id)) return;
      if (at.getTime() - paidSince.getTime() < oddForMs) return;
      remember(heldUp, id, maxRemembered);
      await file(operation, {
        dedupeKey: `held-up:${id}`,
        severity: 'HIGH',
        code: 'MINTING_HELD_UP',
        summary: `The mint was paid ${amount} ${unit}, and for an hour it has issued nothing that could be credited. At the latest look: ${obstacle}. It is asked again until it issues.`,
      });
    },

    /** It has signed, and not well. */
    badSignatures: (operation: MintingOperation) =>
      file(operation, {
        dedupeKey: `bad-signatures:${operation.id}`,
        severity: 'HIGH',
        code: 'SIGNATURES_DO_NOT_VERIFY',
        summary: `The mint was paid ${operation.amount} ${operation.unit}, and its signatures do not verify. Nothing is credited yet; it is asked again until they do.`,
      }),

    needsAttention: (operation: MintingOperation, why: string) =>
      file(operation, {
        dedupeKey: `attention:${operation.id}`,
        severity: 'CRITICAL',
        code: 'CRITICAL_MINT_FAILURE',
        summary: `The minting was stopped: ${why}. ${operation.amount} ${operation.unit} were not credited; a person must ask the mint.`,
      }),
  };
}

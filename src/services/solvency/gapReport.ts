import type { ReportDraft } from '../../models/report.ts';
import type { Wallet } from '../../models/wallet.ts';

/** One for each wallet, for as long as it has a gap. */
export function gapReport(wallet: Wallet, gap: bigint): ReportDraft {
  return {
    dedupeKey: `SOLVENCY_GAP:${wallet.id}`,
    severity: 'CRITICAL',
    code: 'SOLVENCY_GAP',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `The books of this wallet and its mint differ by ${gap} ${wallet.unit}: so much is booked as unspent and not honoured (below 0: honoured and not booked). Either the mint calls ecash spent that nothing here has spent, or the sum of a token is not that of its proofs. Nothing was changed.`,
    details: { gap: gap.toString(), unit: wallet.unit, mintUrl: wallet.mintUrl },
  };
}

export const gapClosed = 'The books and the mint agree again.';

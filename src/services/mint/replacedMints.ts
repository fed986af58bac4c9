import type { ReportDraft } from '../../models/report.ts';

/** Notices, once for each mint, that another answers at its address than wallets were made for. */
export function createReplacedMints(tell: (draft: ReportDraft) => void) {
  const told = new Set<string>();

  return {
    note(mintUrl: string): void {
      if (told.has(mintUrl)) return;
      told.add(mintUrl);
      tell(replacedMintReport(mintUrl));
    },
  };
}

function replacedMintReport(mintUrl: string): ReportDraft {
  return {
    dedupeKey: `MINT_REPLACED:${mintUrl}`,
    severity: 'HIGH',
    code: 'MINT_REPLACED',
    summary: `The mint that answers at ${mintUrl} has another public key than the one for which wallets were made there: it was set up anew, or somebody else answers. Their ecash is the earlier mint's. Those wallets are neither paid from nor verified; wallets that were made since are not concerned.`,
    details: { mintUrl },
  };
}

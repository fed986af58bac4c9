import type { Discrepancy } from '../../models/discrepancy.ts';
import { DomainError } from '../../models/errors.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { ReportDraft } from '../../models/report.ts';
import type { Wallet } from '../../models/wallet.ts';

/** What clients and support are told of differences between the books and a mint. */

/** What was being done when ecash turned out to be spent. */
export type Occasion = 'payment' | 'reconciliation';

const whatBecameOfIt: Record<Occasion, string> = {
  payment: 'The payment was refused, nothing was paid.',
  reconciliation: 'A reconciliation that was asked for found it; no payment was begun.',
};

export function inconsistent(
  wallet: Wallet,
  discrepancies: readonly Discrepancy[],
  supportId: string,
): DomainError {
  return new DomainError(
    'PROOF_STATE_INCONSISTENCY',
    'CRITICAL',
    'Cannot proceed with the Lightning payment: the mint says that some of this wallet’s ecash is already spent. Nothing was paid. The affected tokens are now marked as spent; try again, and contact support if the balance is not what you expect.',
    {
      retryable: true,
      members: {
        cause: { code: 'HIGH_SEVERITY_DISCREPANCIES', severity: 'HIGH' },
        discrepancies: discrepancies.map(({ type, severity, tokenId, amount }) => ({
          type,
          severity,
          tokenId,
          amount: Number(amount),
        })),
        supportId,
      },
      about: { npub: wallet.npub, walletId: wallet.id },
    },
  );
}

export function correctionUnderWay(wallet: Wallet): DomainError {
  return new DomainError(
    'MELT_BLOCKED_BY_RECONCILIATION',
    'HIGH',
    'This wallet’s books are being corrected at this moment. Nothing was paid; try again in a few seconds.',
    { retryable: true, about: { npub: wallet.npub, walletId: wallet.id } },
  );
}

/** One report for each write-off: a token is written off only once, so its id names the incident. */
export function writeOffReport(
  wallet: Wallet,
  lost: readonly Discrepancy[],
  occasion: Occasion,
): ReportDraft {
  const tokens = byToken(lost);
  return {
    dedupeKey: `PROOF_STATE_INCONSISTENCY:${tokens[0]?.tokenId}`,
    severity: 'CRITICAL',
    code: 'PROOF_STATE_INCONSISTENCY',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `Asked twice, the mint called ${lost.length} proofs (${sumAmounts(lost)} ${wallet.unit}) spent that are unspent in our books. ${whatBecameOfIt[occasion]} Unless their tokens had just changed, these proofs are written off (spent_reason mint_reported), and the customer's balance is lower by that sum. Either somebody else has spent them, for instance another wallet with the same seed, or the mint is wrong. Nothing is thrown away: the tokens keep the proofs, and the audit event proofs.discrepancies names each by Y and amount. If the mint calls them unspent later, that is reported (DB_SPENT_MINT_UNSPENT); the server does not bring them back by itself.`,
    details: { tokens },
  };
}

export function resurrectedReport(wallet: Wallet, found: readonly Discrepancy[]): ReportDraft {
  return {
    dedupeKey: `DB_SPENT_MINT_UNSPENT:${wallet.id}`,
    severity: 'MEDIUM',
    code: 'DB_SPENT_MINT_UNSPENT',
    npub: wallet.npub,
    walletId: wallet.id,
    summary: `Asked twice, the mint called ${found.length} proofs (${sumAmounts(found)} ${wallet.unit}) unspent that are spent in our books. Nothing was changed; look into it.`,
    details: { tokens: byToken(found) },
  };
}

function byToken(found: readonly Discrepancy[]) {
  return [...Map.groupBy(found, ({ tokenId }) => tokenId)].map(([tokenId, proofs]) => ({
    tokenId,
    amount: sumAmounts(proofs),
    proofCount: proofs.length,
  }));
}

import type { Discrepancy, DiscrepancyType } from '../../models/discrepancy.ts';
import type { TokenStatus } from '../../models/token.ts';
import type { ProofState } from '../mint/gateway.ts';

/** What we believe of a proof, next to what the mint says. `status` null: no token of ours holds it. */
export type ProofBelief = { Y: string; amount: bigint; tokenId: string | null; status: TokenStatus | null };

const severityOf: Record<DiscrepancyType, Discrepancy['severity']> = {
  DB_UNSPENT_MINT_SPENT: 'HIGH',
  DB_SPENT_MINT_UNSPENT: 'MEDIUM',
  DB_PENDING_MINT_SPENT: 'MEDIUM',
  PROOF_NOT_IN_DB: 'LOW',
  DB_UNSPENT_MINT_PENDING: 'LOW',
};

/** How our books and the mint differ about one proof (seed 004, "Severity Classification"), or null where they agree. */
export function classify(belief: ProofBelief, mint: ProofState): Discrepancy | null {
  const type = typeOf(belief.status, mint);
  return type === null
    ? null
    : { type, severity: severityOf[type], tokenId: belief.tokenId, Y: belief.Y, amount: belief.amount };
}

function typeOf(status: TokenStatus | null, mint: ProofState): DiscrepancyType | null {
  switch (status) {
    case null:
      return 'PROOF_NOT_IN_DB';
    case 'unspent':
      if (mint === 'SPENT') return 'DB_UNSPENT_MINT_SPENT';
      return mint === 'PENDING' ? 'DB_UNSPENT_MINT_PENDING' : null;
    case 'spent':
      return mint === 'UNSPENT' ? 'DB_SPENT_MINT_UNSPENT' : null;
    case 'pending':
      // A token that was sent and not claimed yet is pending here and unspent there: no discrepancy.
      return mint === 'SPENT' ? 'DB_PENDING_MINT_SPENT' : null;
    case 'failed':
      return null;
  }
}

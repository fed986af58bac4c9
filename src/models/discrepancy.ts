import type { Severity } from './report.ts';

/** How our books and the mint's can differ about a proof (seed 004, "Severity Classification"). */
export type DiscrepancyType =
  | 'DB_UNSPENT_MINT_SPENT'
  | 'DB_SPENT_MINT_UNSPENT'
  | 'DB_PENDING_MINT_SPENT'
  | 'PROOF_NOT_IN_DB'
  | 'DB_UNSPENT_MINT_PENDING';

export type Discrepancy = {
  type: DiscrepancyType;
  severity: Exclude<Severity, 'CRITICAL'>;
  tokenId: string | null;
  Y: string;
  amount: bigint;
};

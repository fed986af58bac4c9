import type { Severity } from './report.ts';

/** How our books and the mint's can differ about a proof (seed 004, "Severity Classification"). */
export const discrepancyTypes = [
  'DB_UNSPENT_MINT_SPENT',
  'DB_SPENT_MINT_UNSPENT',
  'DB_PENDING_MINT_SPENT',
  'PROOF_NOT_IN_DB',
  'DB_UNSPENT_MINT_PENDING',
] as const;
export type DiscrepancyType = (typeof discrepancyTypes)[number];

/**
 * `tokenId` names the token that holds the proof, `operationId` the open operation that it is an output of; both null
 * where neither is known. `amount` is 0 for a blank output: only the mint knows what it is worth.
 */
export type Discrepancy = {
  type: DiscrepancyType;
  severity: Exclude<Severity, 'CRITICAL'>;
  tokenId: string | null;
  operationId: string | null;
  Y: string;
  amount: bigint;
};

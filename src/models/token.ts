import type { Proof } from './proof.ts';

/** Life of a token (seed 004): `spent` and `failed` are final. A reservation stands beside the status. */
export const tokenStatuses = ['pending', 'unspent', 'spent', 'failed'] as const;
export type TokenStatus = (typeof tokenStatuses)[number];

/** How the token came to be. There is never a "melted" token: consumed proofs are not stored twice. */
export type TransactionType = 'minted' | 'sent' | 'received' | 'change';

/** Why a token is spent: our own operation booked it, the mint said so and reconciliation believed it, or a person gave it up. */
export type SpentReason = 'operation' | 'mint_reported' | 'split' | 'written_off';

/** A set of proofs of one wallet that is reserved, spent and counted as a whole. */
export type CashuToken = {
  id: string;
  npub: string;
  walletId: string;
  mintUrl: string;
  unit: string;
  proofs: Proof[];
  totalAmount: bigint;
  status: TokenStatus;
  transactionType: TransactionType;
  transactionId: string;
  spentAt: Date | null;
  spentReason: SpentReason | null;
  reservedBy: string | null;
  version: number;
  metadata: Record<string, unknown>;
  createdAt: Date;
};

const allowedTransitions: Record<TokenStatus, readonly TokenStatus[]> = {
  pending: ['unspent', 'spent', 'failed'],
  unspent: ['spent'],
  spent: [],
  failed: [],
};

/** Whether a token may go from one status to another (seed 004, "Status Transition Rules"). */
export function mayBecome(from: TokenStatus, to: TokenStatus): boolean {
  return allowedTransitions[from].includes(to);
}

/** The statuses from which `to` may be reached; the guard that goes into the query itself. */
export function statusesBefore(to: TokenStatus): TokenStatus[] {
  return tokenStatuses.filter((from) => mayBecome(from, to));
}

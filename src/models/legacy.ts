import type { Dleq } from './proof.ts';
import { type TokenStatus, type TransactionType, tokenStatuses } from './token.ts';

/** Where a document of the earlier design stood. `id` is its `_id` as text. */
export type Origin = { collection: string; id: string };

/** Why something of the earlier design could not be taken over. */
export const unresolvedReasons = [
  'unreadable',
  'unknown_status',
  'unknown_type',
  'bad_npub',
  'unknown_mint',
  'other_mint',
  'other_owner',
  'other_unit',
  'malformed_proof',
  'unknown_keyset',
  'amount_not_in_keyset',
  'locked',
  'dleq_mismatch',
  'contradicting_copies',
  'booked_as_spent',
] as const;
export type UnresolvedReason = (typeof unresolvedReasons)[number];

/**
 * Why a document would stop the migration, which therefore does not begin.
 * - `same_name`: another document of its collection, or one in the archive, has an `_id` that reads the same
 * - `not_found_by_id`: the database does not find it by its own `_id`
 * - `changed_meanwhile`: it is not what it was when it was read: something still writes to it
 * - `already_here`: what would be made of it, or one of its proofs, stands in this version's collections already
 * - `too_large`: its archive entry or its token would be larger than the database takes
 * - `cannot_be_stored`: what would be made of it breaks a rule of this version
 */
export type Obstacle =
  | 'same_name'
  | 'not_found_by_id'
  | 'changed_meanwhile'
  | 'already_here'
  | 'too_large'
  | 'cannot_be_stored';

/** What the DLEQ proof beside a proof says of it (NUT-12). `unchecked`: there is one, and nobody has looked yet. */
export const dleqFindings = ['unchecked', 'holds', 'fails'] as const;
export type DleqFinding = (typeof dleqFindings)[number];

/**
 * What became of one proof: it stands in a new token; another token holds it; it is a copy of what a melt consumed; or a
 * person must look.
 */
export type Verdict =
  | { fate: 'migrated'; tokenId: string }
  | { fate: 'copy' }
  | { fate: 'melted' }
  | { fate: 'unresolved'; reason: UnresolvedReason };

/** A proof of the earlier design without what makes it money. Null = could not be read. `locked`: a NUT-10 secret. */
export type LegacyProof = {
  Y: string | null;
  keysetId: string | null;
  amount: bigint | null;
  C: string | null;
  locked: boolean;
  /** Null where it has none, or none with a blinding factor. */
  dleq: DleqFinding | null;
  /** Null until it is decided. */
  verdict: Verdict | null;
};

/** What of a legacy proof is secret, read again when it is about to be sealed. */
export type LegacySecret = { secret: string; dleq?: Dleq };

/** A token of the earlier design as far as it could be read, without secrets. */
export type LegacyToken = {
  origin: Origin;
  /** False where `proofs` is no list. */
  readable: boolean;
  npub: string | null;
  walletId: string | null;
  mintUrl: string | null;
  status: TokenStatus | null;
  type: TransactionType | 'melted' | null;
  transactionId: string | null;
  statedTotal: bigint | null;
  createdAt: Date;
  spentAt: Date | null;
  proofs: LegacyProof[];
  /** Tokens made from it so far; more than one where something was resolved later. */
  madeTokenIds: string[];
};

/** A wallet of the earlier design. Whatever else it held (keys!) is kept sealed in the archive alone. */
export type LegacyWallet = {
  origin: Origin;
  npub: string | null;
  mintUrl: string | null;
  unit: string | null;
  createdAt: Date;
  verdict: WalletVerdict | null;
};

export type WalletVerdict =
  | { fate: 'migrated'; walletId: string }
  | { fate: 'unresolved'; reason: UnresolvedReason };

/** How a document is named in the archive, in reports and on the command line. */
export const originName = ({ collection, id }: Origin): string => `${collection}/${id}`;

const types = ['minted', 'sent', 'received', 'change', 'melted'] as const;

/** @returns null for a type that the earlier design did not have */
export function legacyTypeNamed(text: unknown): TransactionType | 'melted' | null {
  return types.find((type) => type === text) ?? null;
}

/** @returns null for a status that no token has */
export function legacyStatusNamed(text: unknown): TokenStatus | null {
  return tokenStatuses.find((status) => status === text) ?? null;
}

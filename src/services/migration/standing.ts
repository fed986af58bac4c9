import type { LegacyProof, LegacyToken, UnresolvedReason } from '../../models/legacy.ts';
import type { TokenStatus, TransactionType } from '../../models/token.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { MintTerms } from './mintTerms.ts';

/** What is known besides the store itself. */
export type Circumstances = {
  terms: ReadonlyMap<string, MintTerms>;
  walletOf: ReadonlyMap<string, Wallet>;
  /** The npub of each wallet document, by its id. */
  ownerOf: ReadonlyMap<string, string | null>;
};

/** A copy of what a melt has paid with (seed 004): history, never money. */
export function isConsumedCopy({ type, status }: LegacyToken): boolean {
  return type === 'melted' && (status === 'spent' || status === 'unspent');
}

/** Ecash handed to somebody, which the earlier design left `unspent` and so counted on. */
export function isHandedOut({ type, status }: LegacyToken): boolean {
  return type === 'sent' && status === 'unspent';
}

/** What the earlier design's balance may rightly have counted. */
export function countsAsUnspent(token: LegacyToken): boolean {
  return token.status === 'unspent' && !isConsumedCopy(token) && !isHandedOut(token);
}

/**
 * The status in this version. Handed-out ecash that nobody is known to have claimed is `pending` here, and so is what a
 * melt held whose payment is not known to have gone through: not spendable, not forgotten, and pre-flight asks about it.
 */
export function statusHere(token: LegacyToken): TokenStatus | null {
  if (isHandedOut(token)) return 'pending';
  return token.type === 'melted' && !isConsumedCopy(token) ? 'pending' : token.status;
}

/** The type in this version, which has no "melted": proofs that a melt gave back are change. */
export function typeHere({ type }: LegacyToken): TransactionType | null {
  return type === 'melted' ? 'change' : type;
}

/** Why nothing of a token can be taken over, or null. */
export function troubleWithToken(token: LegacyToken, known: Circumstances): UnresolvedReason | null {
  const { npub, mintUrl, walletId } = token;
  if (!token.readable) return 'unreadable';
  if (token.status === null) return 'unknown_status';
  if (token.type === null) return 'unknown_type';
  if (npub === null) return 'bad_npub';
  const terms = mintUrl === null ? undefined : known.terms.get(mintUrl);
  if (terms === undefined) return 'unknown_mint';
  const wallet = known.walletOf.get(npub);
  if (wallet === undefined || wallet.mintUrl !== terms.mintUrl) return 'other_mint';
  const owner = walletId === null ? undefined : known.ownerOf.get(walletId);
  return owner !== undefined && owner !== npub ? 'other_owner' : null;
}

/** Why one proof of an otherwise good token cannot be taken over, or null. */
export function troubleWithProof(
  proof: LegacyProof,
  token: LegacyToken,
  known: Circumstances,
): UnresolvedReason | null {
  if (!isWhole(proof)) return 'malformed_proof';
  const terms = token.mintUrl === null ? undefined : known.terms.get(token.mintUrl);
  const keyset = terms?.keysets.get(proof.keysetId);
  if (keyset === undefined) return 'unknown_keyset';
  if (keyset.unit !== terms?.unit) return 'other_unit';
  if (!keyset.keys.has(proof.amount)) return 'amount_not_in_keyset';
  if (proof.dleq === 'fails') return 'dleq_mismatch';
  // One proof that needs a signature would make the mint refuse every payment that it is chosen for.
  return proof.locked && statusHere(token) === 'unspent' ? 'locked' : null;
}

export type WholeProof = LegacyProof & { Y: string; keysetId: string; amount: bigint; C: string };

export function isWhole(proof: LegacyProof): proof is WholeProof {
  const { Y, keysetId, amount, C } = proof;
  return Y !== null && keysetId !== null && amount !== null && amount > 0n && C !== null;
}

/** The unit of a proof, by its keyset; null where the mint does not know that. */
export function unitOf(proof: LegacyProof, token: LegacyToken, known: Circumstances): string | null {
  const terms = token.mintUrl === null ? undefined : known.terms.get(token.mintUrl);
  return (proof.keysetId === null ? undefined : terms?.keysets.get(proof.keysetId)?.unit) ?? null;
}

/** Names one piece of ecash at one mint. A proof without a readable secret is like no other. */
export function pieceOf(proof: LegacyProof, token: LegacyToken, position: number): string {
  return proof.Y === null
    ? `${token.origin.collection}/${token.origin.id}#${position}`
    : `${token.mintUrl ?? '?'} ${proof.Y}`;
}

import { invariant } from '../models/errors.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { StoredProof, TokenDocument } from '../models/schemas/token.ts';
import type { CashuToken } from '../models/token.ts';
import { fromJson, toJson } from './json.ts';
import type { Opener, Sealer } from './sealing.ts';

type ProofSecrets = Pick<Proof, 'secret' | 'dleq'>;

/** What the sealed part of a proof is bound to. */
export const proofPurpose = (walletId: string, Y: string): string => `proof:${walletId}:${Y}`;

function storeProof(proof: Proof, walletId: string, sealer: Sealer): StoredProof {
  const secrets: ProofSecrets = { secret: proof.secret, ...(proof.dleq ? { dleq: proof.dleq } : {}) };
  return {
    Y: proof.Y,
    keyset_id: proof.keysetId,
    amount: proof.amount,
    C: proof.C,
    sealed: sealer.seal(toJson(secrets), proofPurpose(walletId, proof.Y)),
  };
}

/** A stored proof with its secret, ready to be spent. */
export function openProof(stored: StoredProof, walletId: string, sealer: Opener): Proof {
  const secrets = fromJson<ProofSecrets>(sealer.open(stored.sealed, proofPurpose(walletId, stored.Y)));
  return { Y: stored.Y, keysetId: stored.keyset_id, amount: BigInt(stored.amount), C: stored.C, ...secrets };
}

/** The document for a token. @throws InvariantBroken where the sum is wrong or a proof stands in it twice. */
export function tokenDocument(token: CashuToken, sealer: Sealer): TokenDocument {
  assertWhole(token);
  return {
    _id: token.id,
    npub: token.npub,
    wallet_id: token.walletId,
    mint_url: token.mintUrl,
    unit: token.unit,
    ...(token.proofs.length > 0
      ? { proofs: token.proofs.map((proof) => storeProof(proof, token.walletId, sealer)) }
      : {}),
    total_amount: token.totalAmount,
    status: token.status,
    transaction_type: token.transactionType,
    transaction_id: token.transactionId,
    spent_at: token.spentAt,
    spent_reason: token.spentReason,
    reserved_by: token.reservedBy,
    version: token.version,
    metadata: token.metadata,
    created_at: token.createdAt,
    updated_at: token.createdAt,
  };
}

/** A token as read, with its secrets. @throws InvariantBroken where sum and proofs disagree. */
export function tokenFrom(document: TokenDocument, sealer: Opener): CashuToken {
  const token: CashuToken = {
    id: document._id,
    npub: document.npub,
    walletId: document.wallet_id,
    mintUrl: document.mint_url,
    unit: document.unit,
    proofs: (document.proofs ?? []).map((proof) => openProof(proof, document.wallet_id, sealer)),
    totalAmount: BigInt(document.total_amount),
    status: document.status,
    transactionType: document.transaction_type,
    transactionId: document.transaction_id,
    spentAt: document.spent_at,
    spentReason: document.spent_reason,
    reservedBy: document.reserved_by,
    version: document.version,
    metadata: document.metadata,
    createdAt: document.created_at,
  };
  assertWhole(token);
  return token;
}

function assertWhole(token: CashuToken): void {
  invariant(
    token.totalAmount === sumAmounts(token.proofs),
    `token ${token.id}: total differs from the sum of its proofs`,
  );
  invariant(
    new Set(token.proofs.map(({ Y }) => Y)).size === token.proofs.length,
    `token ${token.id} holds a proof twice`,
  );
}

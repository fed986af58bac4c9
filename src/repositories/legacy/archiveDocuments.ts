import { invariant } from '../../models/errors.ts';
import {
  type DleqFinding,
  dleqFindings,
  type LegacyProof,
  type LegacyToken,
  type LegacyWallet,
  legacyStatusNamed,
  legacyTypeNamed,
  type Origin,
  originName,
  type UnresolvedReason,
  unresolvedReasons,
  type Verdict,
  type WalletVerdict,
} from '../../models/legacy.ts';
import type {
  ArchivedProof,
  ArchivedTokenDocument,
  ArchivedWalletDocument,
} from '../../models/schemas/legacy.ts';
import type { Opener, Sealer } from '../sealing.ts';

/** What a sealed original is bound to. */
export const originalPurpose = (origin: Origin): string => `legacy:${originName(origin)}`;

/** Seals a document as the bytes that the database stored (BSON): no other form gives every document back as it was. */
export const sealOriginal = (bytes: Uint8Array, origin: Origin, sealer: Sealer): string =>
  sealer.seal(Buffer.from(bytes).toString('base64'), originalPurpose(origin));

/** @throws InvariantBroken where it was sealed by another key, for another document, or was changed */
export const openOriginal = (sealed: string, origin: Origin, sealer: Opener): Uint8Array =>
  Buffer.from(sealer.open(sealed, originalPurpose(origin)), 'base64');

type Sealed = { sealed: string; revision: number; at: Date };

/** @throws InvariantBroken while a proof is undecided: nothing leaves its place without a verdict */
export function archivedToken(token: LegacyToken, { sealed, revision, at }: Sealed): ArchivedTokenDocument {
  return {
    _id: originName(token.origin),
    collection_name: token.origin.collection,
    document_id: token.origin.id,
    readable: token.readable,
    npub: token.npub,
    wallet_id: token.walletId,
    mint_url: token.mintUrl,
    status: token.status,
    transaction_type: token.type,
    transaction_id: token.transactionId,
    stated_total: token.statedTotal,
    created_at: token.createdAt,
    spent_at: token.spentAt,
    proofs: token.proofs.map((proof) => archivedProof(proof, token.origin)),
    made_token_ids: token.madeTokenIds,
    sealed,
    revision,
    archived_at: at,
  };
}

function archivedProof({ verdict, ...proof }: LegacyProof, origin: Origin): ArchivedProof {
  invariant(verdict !== null, `${originName(origin)}: a proof would be archived undecided`);
  return {
    Y: proof.Y,
    keyset_id: proof.keysetId,
    amount: proof.amount,
    C: proof.C,
    locked: proof.locked,
    dleq: proof.dleq,
    fate: verdict.fate,
    reason: verdict.fate === 'unresolved' ? verdict.reason : null,
    token_id: verdict.fate === 'migrated' ? verdict.tokenId : null,
  };
}

export function tokenFromArchive(document: ArchivedTokenDocument): LegacyToken {
  return {
    origin: { collection: document.collection_name, id: document.document_id },
    readable: document.readable,
    npub: document.npub,
    walletId: document.wallet_id,
    mintUrl: document.mint_url,
    status: legacyStatusNamed(document.status),
    type: legacyTypeNamed(document.transaction_type),
    transactionId: document.transaction_id,
    statedTotal: document.stated_total === null ? null : BigInt(document.stated_total),
    createdAt: document.created_at,
    spentAt: document.spent_at,
    proofs: document.proofs.map((proof) => ({
      Y: proof.Y,
      keysetId: proof.keyset_id,
      amount: proof.amount === null ? null : BigInt(proof.amount),
      C: proof.C,
      locked: proof.locked,
      dleq: dleqFindingNamed(proof.dleq),
      verdict: verdictFrom(proof),
    })),
    madeTokenIds: document.made_token_ids,
  };
}

function dleqFindingNamed(text: string | null): DleqFinding | null {
  return dleqFindings.find((known) => known === text) ?? null;
}

function verdictFrom({ fate, reason, token_id }: ArchivedProof): Verdict {
  switch (fate) {
    case 'migrated':
      invariant(token_id !== null, 'an archived proof was migrated to nowhere');
      return { fate, tokenId: token_id };
    case 'unresolved':
      return { fate, reason: reasonNamed(reason) };
    default:
      return { fate };
  }
}

function reasonNamed(text: string | null): UnresolvedReason {
  const reason = unresolvedReasons.find((known) => known === text);
  invariant(reason !== undefined, 'an archived document is unresolved for a reason that does not exist');
  return reason;
}

export function archivedWallet(
  wallet: LegacyWallet,
  { sealed, revision, at }: Sealed,
): ArchivedWalletDocument {
  const { verdict } = wallet;
  invariant(verdict !== null, `${originName(wallet.origin)}: a wallet would be archived undecided`);
  return {
    _id: originName(wallet.origin),
    collection_name: wallet.origin.collection,
    document_id: wallet.origin.id,
    npub: wallet.npub,
    mint_url: wallet.mintUrl,
    unit: wallet.unit,
    created_at: wallet.createdAt,
    fate: verdict.fate,
    reason: verdict.fate === 'unresolved' ? verdict.reason : null,
    wallet_id: verdict.fate === 'migrated' ? verdict.walletId : null,
    sealed,
    revision,
    archived_at: at,
  };
}

export function walletFromArchive(document: ArchivedWalletDocument): LegacyWallet {
  return {
    origin: { collection: document.collection_name, id: document.document_id },
    npub: document.npub,
    mintUrl: document.mint_url,
    unit: document.unit,
    createdAt: document.created_at,
    verdict: walletVerdictFrom(document),
  };
}

function walletVerdictFrom({ fate, reason, wallet_id }: ArchivedWalletDocument): WalletVerdict {
  if (fate === 'unresolved') return { fate, reason: reasonNamed(reason) };
  invariant(wallet_id !== null, 'an archived wallet was migrated to nowhere');
  return { fate, walletId: wallet_id };
}

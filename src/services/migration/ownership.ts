import type { LegacyProof, LegacyToken, UnresolvedReason, Verdict } from '../../models/legacy.ts';
import type { TokenStatus } from '../../models/token.ts';
import { inOrder } from './inventory.ts';
import {
  type Circumstances,
  isConsumedCopy,
  isWhole,
  pieceOf,
  statusHere,
  troubleWithProof,
  troubleWithToken,
} from './standing.ts';

/**
 * One piece of ecash as one document holds it. `trouble`: why it cannot be taken over from there. `isContested`: another
 * secret stands beside the same signature, and no DLEQ proof says that this one is right.
 */
export type Copy = {
  token: LegacyToken;
  position: number;
  proof: LegacyProof;
  trouble: UnresolvedReason | null;
  isContested: boolean;
};

/** What the token made from a document is called. */
export type Naming = (token: LegacyToken) => { tokenId: string; transactionId: string };

export function copiesByPiece(
  tokens: readonly LegacyToken[],
  known: Circumstances,
): Map<string, [Copy, ...Copy[]]> {
  const pieces = new Map<string, [Copy, ...Copy[]]>();
  const isContested = contests(tokens);
  for (const token of tokens) {
    const trouble = troubleWithToken(token, known);
    for (const [position, proof] of token.proofs.entries()) {
      const copy = {
        token,
        position,
        proof,
        trouble: trouble ?? troubleWithProof(proof, token, known),
        isContested: isContested(token, proof),
      };
      const others = pieces.get(pieceOf(proof, token, position));
      if (others === undefined) pieces.set(pieceOf(proof, token, position), [copy]);
      else others.push(copy);
    }
  }
  return pieces;
}

/**
 * A signature is worth something beside one secret only (C = k·Y): where a mint's C stands beside two, one of them is
 * worthless, and only a DLEQ proof can say which. Whoever failed that test contests nothing.
 */
function contests(tokens: readonly LegacyToken[]): (token: LegacyToken, proof: LegacyProof) => boolean {
  const bySignature = new Map<string, { Ys: Set<string>; proven: Set<string> }>();
  for (const { mintUrl, proofs } of tokens) {
    for (const { Y, C, dleq } of proofs.filter(isWhole)) {
      if (dleq === 'fails') continue;
      const claims = bySignature.get(`${mintUrl} ${C}`) ?? { Ys: new Set(), proven: new Set() };
      claims.Ys.add(Y);
      if (dleq === 'holds') claims.proven.add(Y);
      bySignature.set(`${mintUrl} ${C}`, claims);
    }
  }
  return ({ mintUrl }, proof) => {
    if (!isWhole(proof)) return false;
    const claims = bySignature.get(`${mintUrl} ${proof.C}`);
    return claims !== undefined && claims.Ys.size > 1 && !claims.proven.has(proof.Y);
  };
}

/**
 * Decides which document's copy of one piece of ecash becomes a proof of this version: at most one. What was decided in an
 * earlier run stands.
 */
export function judge(copies: readonly Copy[], naming: Naming): { copy: Copy; verdict: Verdict }[] {
  const owner = ownerAmong(copies);
  return copies.map((copy) => ({ copy, verdict: verdictOn(copy, owner, naming) }));
}

type Owner = Copy | 'none' | 'contradicted';

function ownerAmong(copies: readonly Copy[]): Owner {
  const already = copies.find(({ proof }) => proof.verdict?.fate === 'migrated');
  if (already !== undefined) return already;
  const open = copies.filter(
    ({ token, proof }) =>
      !isConsumedCopy(token) && (proof.verdict === null || proof.verdict.fate === 'unresolved'),
  );
  const [first] = open.filter(({ trouble }) => trouble === null).sort(byClaim);
  if (first === undefined) return 'none';
  const readable = open.filter(({ proof }) => isWhole(proof));
  const agree = readable.every((other) => isSamePiece(first, other) && !other.isContested);
  return agree ? first : 'contradicted';
}

function isSamePiece({ proof: a }: Copy, { proof: b }: Copy): boolean {
  return a.amount === b.amount && a.keysetId === b.keysetId && a.C === b.C;
}

/**
 * Unspent goes before spent. A source whose token was spent whole while part of it went on as change stands in both, and
 * is money; and if it is not, the mint says so before the next payment, whereas nobody asks after what is booked as spent.
 */
const claims: Record<TokenStatus, number> = { unspent: 0, pending: 1, spent: 2, failed: 3 };

function byClaim({ token: a }: Copy, { token: b }: Copy): number {
  const rank = (token: LegacyToken): number => claims[statusHere(token) ?? 'failed'];
  const isBorrowed = ({ type }: LegacyToken): number => Number(type === 'sent' || type === 'melted');
  return rank(a) - rank(b) || isBorrowed(a) - isBorrowed(b) || inOrder(a, b);
}

function verdictOn(copy: Copy, owner: Owner, naming: Naming): Verdict {
  const { token, proof, trouble } = copy;
  const { verdict } = proof;
  if (verdict !== null && verdict.fate !== 'unresolved') return verdict;
  if (isConsumedCopy(token)) return { fate: 'melted' };
  if (owner === copy) return { fate: 'migrated', tokenId: naming(token).tokenId };
  if (owner === 'none') return { fate: 'unresolved', reason: trouble ?? 'unreadable' };
  if (owner === 'contradicted') return { fate: 'unresolved', reason: trouble ?? 'contradicting_copies' };
  // Where this document calls unspent what stands as something else, its money must not vanish without a word.
  const isAccountedFor = statusHere(token) !== 'unspent' || statusHere(owner.token) === 'unspent';
  return isAccountedFor ? { fate: 'copy' } : { fate: 'unresolved', reason: trouble ?? 'booked_as_spent' };
}

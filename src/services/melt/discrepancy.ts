import type { Discrepancy, DiscrepancyType } from '../../models/discrepancy.ts';
import type { TokenStatus } from '../../models/token.ts';
import type { ProofState } from '../mint/gateway.ts';

/** Where our books have a proof: in a token, among the outputs of an open operation that nothing of ours spends, or not. */
export type Place =
  | { in: 'token'; tokenId: string; version: number; status: TokenStatus; reservedBy: string | null }
  | { in: 'operation'; operationId: string }
  | { in: 'nothing' };

/** What we believe of a proof. */
export type Belief = { Y: string; amount: bigint; place: Place };

/** A belief, next to what the mint says. */
export type Sighting = { belief: Belief; mint: ProofState };

const severityOf: Record<DiscrepancyType, Discrepancy['severity']> = {
  DB_UNSPENT_MINT_SPENT: 'HIGH',
  DB_SPENT_MINT_UNSPENT: 'MEDIUM',
  DB_PENDING_MINT_SPENT: 'MEDIUM',
  PROOF_NOT_IN_DB: 'LOW',
  DB_UNSPENT_MINT_PENDING: 'LOW',
};

/** How our books and the mint differ about one proof (seed 004, "Severity Classification"), or null where they agree. */
export function classify({ belief, mint }: Sighting): Discrepancy | null {
  const type = typeOf(belief.place, mint);
  if (type === null) return null;
  const { Y, amount, place } = belief;
  return {
    type,
    severity: severityOf[type],
    tokenId: place.in === 'token' ? place.tokenId : null,
    operationId: place.in === 'operation' ? place.operationId : null,
    Y,
    amount,
  };
}

function typeOf(place: Place, mint: ProofState): DiscrepancyType | null {
  switch (place.in) {
    case 'token':
      return typeInToken(place.status, mint);
    case 'operation':
    case 'nothing':
      // Of a proof that it never saw, a mint says UNSPENT too (NUT-07).
      return mint === 'UNSPENT' ? null : 'PROOF_NOT_IN_DB';
  }
}

function typeInToken(status: TokenStatus, mint: ProofState): DiscrepancyType | null {
  switch (status) {
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

/**
 * What two sightings of a proof, both sides looked at again, prove: nothing if it has moved in our books meanwhile or
 * one of them shows no difference, else the milder difference of the two.
 */
export function confirm(first: Sighting, second: Sighting): Discrepancy | null {
  if (!isStill(first.belief.place, second.belief.place)) return null;
  const [before, now] = [classify(first), classify(second)];
  if (before === null || now === null) return null;
  // Money is given up for lost only where SPENT was said twice.
  return now.severity === 'HIGH' ? before : now;
}

/** The same token, of the same status and version, unreserved; or gone, though a proof is never in no token at all. */
function isStill(before: Place, now: Place): boolean {
  switch (before.in) {
    case 'token':
      if (now.in === 'nothing') return true;
      return (
        now.in === 'token' &&
        now.tokenId === before.tokenId &&
        now.status === before.status &&
        now.version === before.version &&
        now.reservedBy === null
      );
    case 'operation':
      return now.in === 'operation' && now.operationId === before.operationId;
    case 'nothing':
      return now.in === 'nothing';
  }
}

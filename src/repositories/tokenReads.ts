import type { Proof } from '../models/proof.ts';
import type { StoredProof, TokenDocument } from '../models/schemas/token.ts';
import type { CashuToken, TokenStatus } from '../models/token.ts';
import type { Database } from './database.ts';
import type { Sealer } from './sealing.ts';
import { openProof, tokenFrom } from './tokenDocuments.ts';
import type { Transaction } from './transaction.ts';

/** A proof as far as choosing and comparing need it: no secret. */
export type ProofOutline = { tokenId: string; Y: string; keysetId: string; amount: bigint };

/** A token without its secrets. `version` is what a later compare-and-set must still find. */
export type TokenOutline = {
  id: string;
  version: number;
  status: TokenStatus;
  reservedBy: string | null;
  proofs: ProofOutline[];
};

/** Which proofs of a token are wanted; the rest survives in a token of its own. */
export type TokenReservation = { tokenId: string; version: number; Ys: string[] };

/** A compare-and-set found fewer tokens than asked for: somebody else was quicker. */
export class TokensTaken extends Error {}

const maxTokensRead = 5_000;

/** Looks at tokens; changes nothing. */
export function createTokenReads(database: Pick<Database, 'tokens'>, sealer: Sealer) {
  const { tokens } = database;

  /** Unspent and unreserved tokens, oldest first, without secrets. Bounded. */
  async function spendable(walletId: string): Promise<TokenOutline[]> {
    const found = await tokens
      .find({ wallet_id: walletId, status: 'unspent', reserved_by: null })
      .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
      .sort({ created_at: 1 })
      .limit(maxTokensRead)
      .lean<TokenDocument[]>();
    return found.map(outline);
  }

  /** The tokens that hold these proofs now, without secrets, as a fresh majority read. */
  async function holding(walletId: string, Ys: readonly string[]): Promise<TokenOutline[]> {
    const found = await tokens
      .find({ wallet_id: walletId, 'proofs.Y': { $in: [...Ys] } })
      .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
      .lean<TokenDocument[]>();
    return found.map(outline);
  }

  /** Proofs that are not spendable but worth a look: waiting ones, then the most recently spent. */
  async function besides(walletId: string, limit: number): Promise<TokenOutline[]> {
    const look = (filter: object) =>
      tokens
        .find({ wallet_id: walletId, reserved_by: null, 'proofs.Y': { $exists: true }, ...filter })
        .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
        .sort({ spent_at: -1 })
        .limit(limit)
        .lean<TokenDocument[]>();
    const [waiting, spent] = await Promise.all([look({ status: 'pending' }), look({ status: 'spent' })]);
    return [...waiting, ...spent].map(outline);
  }

  /** Full proofs of these tokens, restricted to the wanted Ys. @throws TokensTaken if any is no longer there. */
  async function open(walletId: string, reservations: readonly TokenReservation[]): Promise<Proof[]> {
    const found = await tokens
      .find({ wallet_id: walletId, _id: { $in: reservations.map(({ tokenId }) => tokenId) } })
      .lean<TokenDocument[]>();
    const stored = new Map(
      found.flatMap((token) => (token.proofs ?? []).map((proof): [string, StoredProof] => [proof.Y, proof])),
    );
    return reservations.flatMap(({ Ys }) =>
      Ys.map((Y) => {
        const proof = stored.get(Y);
        if (proof === undefined) throw new TokensTaken('a selected proof has moved');
        return openProof(proof, walletId, sealer);
      }),
    );
  }

  async function byId(walletId: string, tokenId: string, tx?: Transaction): Promise<CashuToken | null> {
    const query = tokens.findOne({ wallet_id: walletId, _id: tokenId });
    const found = await (tx ? query.session(tx.session) : query).lean<TokenDocument>();
    return found === null ? null : tokenFrom(found, sealer);
  }

  return { spendable, holding, besides, open, byId };
}

function outline(document: TokenDocument): TokenOutline {
  return {
    id: document._id,
    version: document.version,
    status: document.status,
    reservedBy: document.reserved_by,
    proofs: (document.proofs ?? []).map(({ Y, keyset_id, amount }) => ({
      tokenId: document._id,
      Y,
      keysetId: keyset_id,
      amount: BigInt(amount),
    })),
  };
}

import type { Proof } from '../models/proof.ts';
import type { StoredProof, TokenDocument } from '../models/schemas/token.ts';
import type { CashuToken, TokenStatus } from '../models/token.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { openProof, tokenFrom } from './tokenDocuments.ts';
import type { Transaction } from './transaction.ts';
import { readWhole } from './whole.ts';

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

/** Which proofs of a token are wanted, and what they add up to; the rest survives in a token of its own. */
export type TokenReservation = { tokenId: string; version: number; Ys: string[]; amount: bigint };

/** A compare-and-set found fewer tokens than asked for: somebody else was quicker. */
export class TokensTaken extends Error {}

const noSecrets = { 'proofs.sealed': 0, 'proofs.C': 0 } as const;
const maxTokensRead = 5_000;
/** A common token is looked at whole; one of hundreds of proofs leaves room for others. */
const maxProofsOfToken = 20;
/** Earlier than any token was spent: leaves out those that never were. */
const longAgo = new Date(0);

/** Looks at tokens; changes nothing. */
export function createTokenReads(database: Pick<Database, 'tokens'>, sealers: Sealers) {
  const { tokens } = database;

  /** Unspent and unreserved tokens, the largest first, without secrets. At most 5,000: more than any payment is made of. */
  async function spendable(walletId: string): Promise<TokenOutline[]> {
    const free = { wallet_id: walletId, status: 'unspent', reserved_by: null };
    const order = { sort: { total_amount: -1 }, hint: 'by_status_and_amount' } as const;
    const reading = { fields: noSecrets, limit: maxTokensRead, ...order };
    return (await readWhole<TokenDocument>(tokens, free, reading)).map(toOutline);
  }

  /** The tokens that hold these proofs now, without secrets, as a fresh majority read. */
  async function holding(
    wallet: { id: string; mintUrl: string },
    Ys: readonly string[],
  ): Promise<TokenOutline[]> {
    const found = await tokens
      .find({ wallet_id: wallet.id, mint_url: wallet.mintUrl, 'proofs.Y': { $in: [...Ys] } })
      .select(noSecrets)
      .lean<TokenDocument[]>();
    return found.map(toOutline);
  }

  /**
   * Tokens that are not spendable but worth a look: those that wait for somebody to claim them, newest first, and those
   * spent most recently. At most `maxTokens` of each, and of each token at most 20 proofs.
   */
  async function besides(
    walletId: string,
    maxTokens: number,
  ): Promise<{ waiting: TokenOutline[]; spent: TokenOutline[] }> {
    const mine = { wallet_id: walletId, reserved_by: null, 'proofs.Y': { $exists: true } };
    const [waiting, spent] = await Promise.all([
      look({ ...mine, status: 'pending' }, { created_at: -1 }, 'waiting', maxTokens),
      look(
        { ...mine, status: 'spent', spent_at: { $gt: longAgo } },
        { spent_at: -1 },
        'recently_spent',
        maxTokens,
      ),
    ]);
    return { waiting, spent };
  }

  async function look(
    filter: object,
    order: Record<string, 1 | -1>,
    index: string,
    maxTokens: number,
  ): Promise<TokenOutline[]> {
    const found = await tokens
      .aggregate<TokenDocument>([
        { $match: filter },
        { $sort: order },
        { $limit: maxTokens },
        { $set: { proofs: { $slice: ['$proofs', maxProofsOfToken] } } },
        { $unset: ['proofs.sealed', 'proofs.C'] },
      ])
      .hint(index);
    return found.map(toOutline);
  }

  /** Full proofs of these tokens, restricted to the wanted Ys. @throws TokensTaken if any is no longer there. */
  async function open(walletId: string, reservations: readonly TokenReservation[]): Promise<Proof[]> {
    const tokenIds = reservations.map(({ tokenId }) => tokenId);
    const ofWallet = { wallet_id: walletId, _id: { $in: tokenIds } };
    const found = await readWhole<TokenDocument>(tokens, ofWallet, { limit: tokenIds.length });
    const opener = await sealers.toOpen(walletScope(walletId));
    const stored = new Map(
      found.flatMap((token) => (token.proofs ?? []).map((proof): [string, StoredProof] => [proof.Y, proof])),
    );
    return reservations.flatMap(({ Ys }) =>
      Ys.map((Y) => {
        const proof = stored.get(Y);
        if (proof === undefined) throw new TokensTaken('a selected proof has moved');
        return openProof(proof, walletId, opener);
      }),
    );
  }

  async function byId(walletId: string, tokenId: string, tx?: Transaction): Promise<CashuToken | null> {
    const query = tokens.findOne({ wallet_id: walletId, _id: tokenId });
    const found = await (tx ? query.session(tx.session) : query).lean<TokenDocument>();
    return found === null ? null : tokenFrom(found, await sealers.toOpen(walletScope(walletId)));
  }

  return { spendable, holding, besides, open, byId };
}

/** A token as read, without its secrets. */
export function toOutline(document: TokenDocument): TokenOutline {
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

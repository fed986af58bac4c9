import { randomUUID } from 'node:crypto';
import { invariant } from '../models/errors.ts';
import { type Proof, sumAmounts } from '../models/proof.ts';
import type { StoredProof, TokenDocument } from '../models/schemas/token.ts';
import {
  type CashuToken,
  type SpentReason,
  statusesBefore,
  type TokenStatus,
  type TransactionType,
} from '../models/token.ts';
import type { Database } from './database.ts';
import type { Sealer } from './sealing.ts';
import { openProof, tokenDocument, tokenFrom } from './tokenDocuments.ts';
import { runTransaction, type Transaction } from './transaction.ts';

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

/** What every token of one operation shares. */
export type TokenOwner = { npub: string; walletId: string; mintUrl: string; unit: string };

const maxTokensRead = 5_000;

export type TokenRepository = ReturnType<typeof createTokenRepository>;

export function createTokenRepository(database: Database, sealer: Sealer) {
  const { tokens, connection } = database;

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

  /**
   * Reserves exactly the wanted proofs for an operation, all or none. A token of which only some are wanted is split:
   * its survivors are pulled out first, then stand in a token of their own.
   * @throws TokensTaken when any token has changed, is reserved or spent.
   */
  async function reserve(
    tx: Transaction,
    owner: TokenOwner,
    reservations: readonly TokenReservation[],
    operationId: string,
  ): Promise<void> {
    for (const reservation of reservations) await reserveOne(tx, owner, reservation, operationId);
  }

  async function reserveOne(
    tx: Transaction,
    owner: TokenOwner,
    wanted: TokenReservation,
    operationId: string,
  ): Promise<void> {
    const found = await tokens
      .findOne({
        _id: wanted.tokenId,
        wallet_id: owner.walletId,
        status: 'unspent',
        reserved_by: null,
        version: wanted.version,
      })
      .session(tx.session)
      .lean<TokenDocument>();
    if (found === null) throw new TokensTaken('a selected token has changed');
    const { chosen, survivors } = part(found, wanted.Ys);
    const result = await tokens.updateOne(
      {
        _id: wanted.tokenId,
        wallet_id: owner.walletId,
        status: 'unspent',
        reserved_by: null,
        version: wanted.version,
      },
      {
        $set: { reserved_by: operationId, total_amount: sumStored(chosen), updated_at: new Date() },
        $pull: { proofs: { Y: { $in: survivors.map(({ Y }) => Y) } } },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    if (result.modifiedCount !== 1) throw new TokensTaken('a selected token was taken');
    if (survivors.length > 0) await insertSurvivors(tx, found, survivors);
  }

  /** Frees what an operation had reserved. @returns how many tokens. */
  async function unreserve(tx: Transaction, walletId: string, operationId: string): Promise<number> {
    const result = await tokens.updateMany(
      { wallet_id: walletId, reserved_by: operationId, status: 'unspent' },
      { $set: { reserved_by: null, updated_at: new Date() }, $inc: { version: 1 } },
      { session: tx.session },
    );
    return result.modifiedCount;
  }

  /** Marks an operation's reserved tokens as spent, all of them. @throws InvariantBroken when any is missing. */
  async function spendReserved(
    tx: Transaction,
    walletId: string,
    tokenIds: readonly string[],
    operationId: string,
    at: Date,
  ): Promise<void> {
    const result = await tokens.updateMany(
      {
        _id: { $in: [...tokenIds] },
        wallet_id: walletId,
        reserved_by: operationId,
        status: { $in: statusesBefore('spent') },
      },
      {
        $set: { status: 'spent', spent_at: at, spent_reason: 'operation', reserved_by: null, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    invariant(
      result.modifiedCount === tokenIds.length,
      `${operationId}: not every source token was there to be spent`,
    );
  }

  /** Inserts a token that holds these proofs as spendable balance. The unique indexes refuse a second booking. */
  async function credit(
    tx: Transaction,
    owner: TokenOwner,
    draft: { transactionType: TransactionType; transactionId: string; proofs: Proof[]; at: Date },
  ): Promise<CashuToken> {
    invariant(draft.proofs.length > 0, `${draft.transactionId}: an empty token is never credited`);
    const token: CashuToken = {
      ...owner,
      ...emptyToken(`tok_${randomUUID()}`, draft.at),
      status: 'unspent',
      transactionType: draft.transactionType,
      transactionId: draft.transactionId,
      proofs: draft.proofs,
      totalAmount: sumAmounts(draft.proofs),
    };
    await tokens.create([tokenDocument(token, sealer)], { session: tx.session });
    return token;
  }

  /** Inserts a token that waits for a Lightning payment: no proofs yet. */
  async function awaitPayment(
    tx: Transaction,
    owner: TokenOwner,
    draft: { tokenId: string; transactionId: string; at: Date; quoteId: string },
  ): Promise<void> {
    const token: CashuToken = {
      ...owner,
      ...emptyToken(draft.tokenId, draft.at),
      status: 'pending',
      transactionType: 'minted',
      transactionId: draft.transactionId,
      metadata: { quoteId: draft.quoteId },
    };
    await tokens.create([tokenDocument(token, sealer)], { session: tx.session });
  }

  /** `pending → unspent` with the proofs that were issued. @throws InvariantBroken when it was not pending. */
  async function fill(
    tx: Transaction,
    walletId: string,
    tokenId: string,
    proofs: Proof[],
    at: Date,
  ): Promise<void> {
    const waiting = await byId(walletId, tokenId, tx);
    invariant(waiting?.status === 'pending', `${tokenId}: only a pending token can be filled`);
    const filled = tokenDocument({ ...waiting, proofs, totalAmount: sumAmounts(proofs) }, sealer);
    invariant(filled.proofs !== undefined, `${tokenId}: an issued token has proofs`);
    const result = await tokens.updateOne(
      {
        _id: tokenId,
        wallet_id: walletId,
        status: { $in: statusesBefore('unspent') },
        version: waiting.version,
      },
      {
        $set: { status: 'unspent', proofs: filled.proofs, total_amount: filled.total_amount, updated_at: at },
        $inc: { version: 1 },
      },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1, `${tokenId}: changed while it was filled`);
  }

  /** `pending → failed`: the payment never came. */
  async function fail(tx: Transaction, walletId: string, tokenId: string, at: Date): Promise<void> {
    const result = await tokens.updateOne(
      { _id: tokenId, wallet_id: walletId, status: { $in: statusesBefore('failed') } },
      { $set: { status: 'failed', updated_at: at }, $inc: { version: 1 } },
      { session: tx.session },
    );
    invariant(result.modifiedCount === 1, `${tokenId}: only a pending token can fail`);
  }

  /**
   * Believes the mint that these proofs of an unreserved token are spent: survivors move to a new token, the rest is
   * marked `spent`. @returns false when the token has changed since it was read; then nothing was written.
   */
  async function writeOff(
    walletId: string,
    wanted: TokenReservation,
    status: 'unspent' | 'pending',
    reason: SpentReason,
  ): Promise<boolean> {
    return runTransaction(connection, async (tx) => {
      const filter = {
        _id: wanted.tokenId,
        wallet_id: walletId,
        status,
        reserved_by: null,
        version: wanted.version,
      };
      const found = await tokens.findOne(filter).session(tx.session).lean<TokenDocument>();
      if (found === null) return false;
      const { chosen, survivors } = part(found, wanted.Ys);
      const at = new Date();
      const result = await tokens.updateOne(
        filter,
        {
          $pull: { proofs: { Y: { $in: survivors.map(({ Y }) => Y) } } },
          $set: {
            total_amount: sumStored(chosen),
            status: 'spent',
            spent_at: at,
            spent_reason: reason,
            updated_at: at,
          },
          $inc: { version: 1 },
        },
        { session: tx.session },
      );
      invariant(result.modifiedCount === 1, `${wanted.tokenId}: changed inside its own transaction`);
      if (survivors.length > 0) await insertSurvivors(tx, found, survivors);
      return true;
    });
  }

  /** The survivors of a split live on in a token of the same status and origin. */
  async function insertSurvivors(
    tx: Transaction,
    from: TokenDocument,
    survivors: StoredProof[],
  ): Promise<void> {
    const id = `tok_${randomUUID()}`;
    const survivor: TokenDocument = {
      ...from,
      _id: id,
      proofs: survivors,
      total_amount: sumStored(survivors),
      transaction_id: `${from.transaction_id.split('_split_')[0]}_split_${id}`,
      reserved_by: null,
      version: 1,
      metadata: { ...from.metadata, splitFrom: from._id },
      updated_at: new Date(),
    };
    await tokens.create([survivor], { session: tx.session });
  }

  return {
    spendable,
    holding,
    besides,
    open,
    byId,
    reserve,
    unreserve,
    spendReserved,
    credit,
    awaitPayment,
    fill,
    fail,
    writeOff,
  };
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

function part(
  document: TokenDocument,
  Ys: readonly string[],
): { chosen: StoredProof[]; survivors: StoredProof[] } {
  const wanted = new Set(Ys);
  const chosen = (document.proofs ?? []).filter(({ Y }) => wanted.has(Y));
  const survivors = (document.proofs ?? []).filter(({ Y }) => !wanted.has(Y));
  if (chosen.length !== wanted.size || chosen.length === 0)
    throw new TokensTaken('a selected proof has moved');
  invariant(
    BigInt(document.total_amount) === sumStored(chosen) + sumStored(survivors),
    `token ${document._id}: split loses value`,
  );
  return { chosen, survivors };
}

function sumStored(proofs: readonly StoredProof[]): bigint {
  return proofs.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

function emptyToken(id: string, at: Date) {
  return {
    id,
    proofs: [],
    totalAmount: 0n,
    spentAt: null,
    spentReason: null,
    reservedBy: null,
    version: 1,
    metadata: {},
    createdAt: at,
  };
}

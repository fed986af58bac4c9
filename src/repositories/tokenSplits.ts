import { randomUUID } from 'node:crypto';
import { invariant } from '../models/errors.ts';
import type { StoredProof, TokenDocument } from '../models/schemas/token.ts';
import type { SpentReason } from '../models/token.ts';
import type { Database } from './database.ts';
import { type TokenReservation, TokensTaken } from './tokenReads.ts';
import type { Transaction } from './transaction.ts';
import { insertWhole } from './whole.ts';

/** Changes that want only some proofs of a token: the others live on in a token of their own. */
export function createTokenSplits(database: Pick<Database, 'tokens'>) {
  const { tokens } = database;

  /**
   * Reserves exactly the wanted proofs for an operation, all or none. A token of which only some are wanted is split:
   * its survivors are left out of it, and stand in a token of their own.
   * @throws TokensTaken when any token has changed, is reserved or spent.
   */
  async function reserve(
    tx: Transaction,
    owner: { walletId: string },
    reservations: readonly TokenReservation[],
    operationId: string,
  ): Promise<void> {
    for (const reservation of reservations) await reserveOne(tx, owner, reservation, operationId);
  }

  async function reserveOne(
    tx: Transaction,
    owner: { walletId: string },
    wanted: TokenReservation,
    operationId: string,
  ): Promise<void> {
    const found = await tokens
      .findOneAndUpdate(
        {
          _id: wanted.tokenId,
          wallet_id: owner.walletId,
          status: 'unspent',
          reserved_by: null,
          version: wanted.version,
        },
        {
          $set: { reserved_by: operationId, total_amount: wanted.amount, updated_at: new Date() },
          $pull: { proofs: { Y: { $nin: wanted.Ys } } },
          $inc: { version: 1 },
        },
        { session: tx.session, returnDocument: 'before' },
      )
      .lean<TokenDocument>();
    if (found === null) throw new TokensTaken('a selected token was taken, or has changed');
    const { chosen, survivors } = part(found, wanted.Ys);
    invariant(sumStored(chosen) === wanted.amount, `token ${found._id}: other amounts than were selected`);
    if (survivors.length > 0) await insertSurvivors(tx, found, survivors);
  }

  /**
   * Believes the mint that these proofs of an unreserved token are spent: survivors move to a new token, the rest is
   * marked `spent`. @throws TokensTaken when the token has changed since it was read.
   */
  async function writeOff(
    tx: Transaction,
    walletId: string,
    wanted: Omit<TokenReservation, 'amount'>,
    status: 'unspent' | 'pending',
    reason: SpentReason,
  ): Promise<void> {
    const filter = {
      _id: wanted.tokenId,
      wallet_id: walletId,
      status,
      reserved_by: null,
      version: wanted.version,
    };
    const found = await tokens.findOne(filter).session(tx.session).lean<TokenDocument>();
    if (found === null) throw new TokensTaken('a token has changed since the mint was asked');
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
  }

  /** Takes proofs out of an operation's reserved tokens, to be credited in a token of their own. */
  async function takeOut(
    tx: Transaction,
    walletId: string,
    operationId: string,
    Ys: readonly string[],
  ): Promise<void> {
    if (Ys.length === 0) return;
    const isLeft = { $not: [{ $in: ['$$this.Y', [...Ys]] }] };
    await tokens.updateMany(
      { wallet_id: walletId, reserved_by: operationId, status: 'unspent', 'proofs.Y': { $in: [...Ys] } },
      [
        { $set: { proofs: { $filter: { input: '$proofs', cond: isLeft } } } },
        {
          $set: {
            // Absent, not empty.
            proofs: { $cond: [{ $eq: ['$proofs', []] }, '$$REMOVE', '$proofs'] },
            total_amount: { $toLong: { $sum: '$proofs.amount' } },
            version: { $add: ['$version', 1] },
            updated_at: new Date(),
          },
        },
      ],
      { session: tx.session, updatePipeline: true },
    );
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
      // As read they are numbers, whatever their type says.
      proofs: survivors.map((proof) => ({ ...proof, amount: BigInt(proof.amount) })),
      total_amount: sumStored(survivors),
      transaction_id: `${from.transaction_id.split('_split_')[0]}_split_${id}`,
      reserved_by: null,
      version: 1,
      metadata: { ...from.metadata, splitFrom: from._id },
      updated_at: new Date(),
    };
    await insertWhole<TokenDocument>(tokens, survivor, tx);
  }

  return { reserve, writeOff, takeOut };
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

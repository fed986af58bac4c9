import type { QueryFilter } from 'mongoose';
import type { MeltProofs } from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { TokenDocument } from '../models/schemas/token.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { fromJson } from './json.ts';
import { sealedPurpose } from './operationDocuments.ts';
import { type TokenOutline, toOutline } from './tokenReads.ts';

type Holding = Pick<OperationDocument, '_id' | 'sealed'>;

const maxOperationsRead = 200;

export type BookedProofReads = ReturnType<typeof createBookedProofReads>;

/** All that the books hold of a wallet, to be compared with its mint. Changes nothing. */
export function createBookedProofReads(database: Pick<Database, 'tokens' | 'operations'>, sealers: Sealers) {
  const { tokens, operations } = database;

  /**
   * The tokens with proofs that are not known spent, reserved ones too: those that can be spent, then those that wait to be
   * claimed, newest first. At most `limit` ids.
   */
  async function believedGood(walletId: string, limit: number): Promise<string[]> {
    const named = (filter: QueryFilter<TokenDocument>, index: string) =>
      tokens
        .find({ wallet_id: walletId, 'proofs.Y': { $exists: true }, ...filter })
        .select({ _id: 1 })
        .hint(index)
        .limit(limit)
        .lean<Pick<TokenDocument, '_id'>[]>();
    const [unspent, waiting] = await Promise.all([
      named({ status: 'unspent' }, 'by_status_and_amount'),
      named({ status: 'pending' }, 'waiting'),
    ]);
    return [...unspent, ...waiting].slice(0, limit).map(({ _id }) => _id);
  }

  /** The same in the order of their ids, after one of them (null: from the first), so that a look can go on where another ended. */
  async function believedGoodAfter(
    walletId: string,
    afterId: string | null,
    limit: number,
  ): Promise<string[]> {
    const inOrder = (status: TokenDocument['status'], index: string) =>
      tokens
        .aggregate<Pick<TokenDocument, '_id'>>([
          {
            $match: {
              wallet_id: walletId,
              status,
              'proofs.Y': { $exists: true },
              _id: { $gt: afterId ?? '' },
            },
          },
          // Ids alone are sorted.
          { $project: { _id: 1 } },
          { $sort: { _id: 1 } },
          { $limit: limit },
        ])
        .hint(index);
    const [unspent, waiting] = await Promise.all([
      inOrder('unspent', 'by_status_and_amount'),
      inOrder('pending', 'waiting'),
    ]);
    const ids = [...unspent, ...waiting].map(({ _id }) => _id);
    return ids.sort().slice(0, limit);
  }

  /** Those of these tokens that are still not known spent, as they are now. No secrets. */
  async function stillGood(walletId: string, tokenIds: readonly string[]): Promise<TokenOutline[]> {
    const found = await tokens
      .find({ _id: { $in: [...tokenIds] }, wallet_id: walletId, status: { $in: ['unspent', 'pending'] } })
      .select({ 'proofs.sealed': 0, 'proofs.C': 0 })
      .lean<TokenDocument[]>();
    return found.map(toOutline);
  }

  /** The names of proofs that operations hold and no token does (transaction S). At most `limit`. */
  async function held(walletId: string, limit: number): Promise<string[]> {
    const holding = (filter: QueryFilter<OperationDocument>, index: string) =>
      operations
        .find({ wallet_id: walletId, kind: 'melt', held_amount: { $gt: 0n }, ...filter })
        .select({ sealed: 1 })
        .hint(index)
        .limit(maxOperationsRead)
        .lean<Holding[]>();
    const [open, stopped] = await Promise.all([
      holding({ open: true, 'attempts.0': { $exists: true } }, 'open_with_outputs'),
      holding({ state: 'needs_attention' }, 'waits_for_person'),
    ]);
    const opener = await sealers.toOpen(walletScope(walletId));
    const names = [...open, ...stopped].flatMap(({ _id, sealed }) => {
      if (sealed === null) return [];
      const proofs = fromJson<MeltProofs>(opener.open(sealed, sealedPurpose(_id)));
      return (proofs.held?.send ?? []).map(({ Y }) => Y);
    });
    return names.slice(0, limit);
  }

  return { believedGood, believedGoodAfter, stillGood, held };
}

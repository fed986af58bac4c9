import { Schema } from 'mongoose';
import { tokenSchema } from './token.ts';

/** Collection `archived_tokens`: tokens that were spent long ago, each as it stood in `cashu_tokens`. Never changed but for the key that seals it. */
export const archivedTokenSchema = tokenSchema.clone().clearIndexes().set('collection', 'archived_tokens');
// As in cashu_tokens: by it a proof is found that somebody shows again.
archivedTokenSchema.index(
  { wallet_id: 1, mint_url: 1, 'proofs.Y': 1 },
  { name: 'one_token_per_proof', unique: true, partialFilterExpression: { 'proofs.Y': { $exists: true } } },
);

archivedTokenSchema.index({ wallet_id: 1, spent_at: -1 }, { name: 'recently_spent' });

/** Collection `archive_sums`: what a wallet's archived tokens come to, and the keysets of their proofs. Written with them alone. `_id`: the wallet's, too. */
export type ArchiveSumDocument = {
  _id: string;
  wallet_id: string;
  tokens: number;
  total_amount: bigint;
  keysets: string[];
};

export const archiveSumSchema = new Schema<ArchiveSumDocument>(
  {
    _id: { type: String, required: true },
    wallet_id: { type: String, required: true },
    tokens: { type: Number, required: true },
    total_amount: { type: BigInt, required: true },
    keysets: { type: [String], required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'archive_sums' },
);
archiveSumSchema.index({ wallet_id: 1 }, { name: 'one_sum_per_wallet', unique: true });

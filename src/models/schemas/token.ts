import { Schema } from 'mongoose';

/** A proof as stored: `sealed` holds what makes it money (secret, DLEQ blinding factor); `Y` is how it is found. */
export type StoredProof = { Y: string; keyset_id: string; amount: bigint; C: string; sealed: string };

/** Collection `cashu_tokens`, in the seed's field names. */
export type TokenDocument = {
  _id: string;
  npub: string;
  wallet_id: string;
  mint_url: string;
  unit: string;
  proofs?: StoredProof[];
  total_amount: bigint;
  status: 'pending' | 'unspent' | 'spent' | 'failed';
  transaction_type: 'minted' | 'sent' | 'received' | 'change';
  transaction_id: string;
  spent_at: Date | null;
  spent_reason: 'operation' | 'mint_reported' | 'split' | 'written_off' | null;
  reserved_by: string | null;
  version: number;
  metadata: Record<string, unknown>;
  created_at: Date;
  updated_at: Date;
};

const storedProof = new Schema<StoredProof>(
  {
    Y: { type: String, required: true },
    keyset_id: { type: String, required: true },
    amount: { type: BigInt, required: true },
    C: { type: String, required: true },
    sealed: { type: String, required: true },
  },
  { _id: false },
);

export const tokenSchema = new Schema<TokenDocument>(
  {
    _id: { type: String, required: true },
    npub: { type: String, required: true },
    wallet_id: { type: String, required: true },
    mint_url: { type: String, required: true },
    unit: { type: String, required: true },
    // Absent, not empty, while a minted token waits for its payment: the unique index covers existing proofs only.
    proofs: { type: [storedProof], default: undefined },
    total_amount: { type: BigInt, required: true },
    status: { type: String, enum: ['pending', 'unspent', 'spent', 'failed'], required: true },
    transaction_type: { type: String, enum: ['minted', 'sent', 'received', 'change'], required: true },
    transaction_id: { type: String, required: true },
    spent_at: { type: Date, default: null },
    spent_reason: { type: String, default: null },
    reserved_by: { type: String, default: null },
    version: { type: Number, required: true },
    metadata: { type: Schema.Types.Mixed, default: {} },
    created_at: { type: Date, required: true },
    updated_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'cashu_tokens' },
);

// A proof is in exactly one token, for ever: a second booking of the same Y fails here whatever the code believes.
tokenSchema.index(
  { wallet_id: 1, mint_url: 1, 'proofs.Y': 1 },
  { name: 'one_token_per_proof', unique: true, partialFilterExpression: { 'proofs.Y': { $exists: true } } },
);
// Holds all that a balance sums up; and the largest first, of which a payment is made.
tokenSchema.index(
  { wallet_id: 1, status: 1, reserved_by: 1, total_amount: 1 },
  { name: 'by_status_and_amount' },
);
tokenSchema.index({ wallet_id: 1, spent_at: -1 }, { name: 'recently_spent' });
tokenSchema.index(
  { wallet_id: 1, created_at: -1 },
  { name: 'waiting', partialFilterExpression: { status: 'pending', 'proofs.Y': { $exists: true } } },
);
tokenSchema.index({ wallet_id: 1, transaction_id: 1 }, { name: 'one_token_per_purpose', unique: true });
// Documents of the earlier design, which no server starts on: none, so that each start can ask (repositories/legacy/shape.ts).
tokenSchema.index({ version: 1 }, { name: 'unmigrated', partialFilterExpression: { version: null } });
tokenSchema.index(
  { 'proofs.Y': 1 },
  { name: 'unmigrated_proofs', partialFilterExpression: { proofs: { $exists: true }, 'proofs.Y': null } },
);

import { Schema } from 'mongoose';

/** A proof of an archived token: what became of it, and nothing that could be spent. */
export type ArchivedProof = {
  Y: string | null;
  keyset_id: string | null;
  amount: bigint | null;
  C: string | null;
  locked: boolean;
  dleq: string | null;
  fate: 'migrated' | 'copy' | 'melted' | 'unresolved';
  reason: string | null;
  token_id: string | null;
};

/** Collection `legacy_tokens`: every token of the earlier design, its original sealed as a whole. */
export type ArchivedTokenDocument = {
  _id: string;
  collection_name: string;
  document_id: string;
  readable: boolean;
  npub: string | null;
  wallet_id: string | null;
  mint_url: string | null;
  status: string | null;
  transaction_type: string | null;
  transaction_id: string | null;
  stated_total: bigint | null;
  created_at: Date;
  spent_at: Date | null;
  proofs: ArchivedProof[];
  made_token_ids: string[];
  sealed: string;
  revision: number;
  archived_at: Date;
};

const textOrNull = { type: String, default: null };

const archivedProof = new Schema<ArchivedProof>(
  {
    Y: textOrNull,
    keyset_id: textOrNull,
    amount: { type: BigInt, default: null },
    C: textOrNull,
    locked: { type: Boolean, required: true },
    dleq: textOrNull,
    fate: { type: String, enum: ['migrated', 'copy', 'melted', 'unresolved'], required: true },
    reason: textOrNull,
    token_id: textOrNull,
  },
  { _id: false },
);

export const archivedTokenSchema = new Schema<ArchivedTokenDocument>(
  {
    _id: { type: String, required: true },
    collection_name: { type: String, required: true },
    document_id: { type: String, required: true },
    readable: { type: Boolean, required: true },
    npub: textOrNull,
    wallet_id: textOrNull,
    mint_url: textOrNull,
    status: textOrNull,
    transaction_type: textOrNull,
    transaction_id: textOrNull,
    stated_total: { type: BigInt, default: null },
    created_at: { type: Date, required: true },
    spent_at: { type: Date, default: null },
    proofs: { type: [archivedProof], required: true },
    made_token_ids: { type: [String], required: true },
    sealed: { type: String, required: true },
    revision: { type: Number, required: true },
    archived_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'legacy_tokens' },
);

/** Collection `legacy_wallets`: every wallet of the earlier design, its original (keys included) sealed as a whole. */
export type ArchivedWalletDocument = {
  _id: string;
  collection_name: string;
  document_id: string;
  npub: string | null;
  mint_url: string | null;
  unit: string | null;
  created_at: Date;
  fate: 'migrated' | 'unresolved';
  reason: string | null;
  wallet_id: string | null;
  sealed: string;
  revision: number;
  archived_at: Date;
};

export const archivedWalletSchema = new Schema<ArchivedWalletDocument>(
  {
    _id: { type: String, required: true },
    collection_name: { type: String, required: true },
    document_id: { type: String, required: true },
    npub: textOrNull,
    mint_url: textOrNull,
    unit: textOrNull,
    created_at: { type: Date, required: true },
    fate: { type: String, enum: ['migrated', 'unresolved'], required: true },
    reason: textOrNull,
    wallet_id: textOrNull,
    sealed: { type: String, required: true },
    revision: { type: Number, required: true },
    archived_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'legacy_wallets' },
);

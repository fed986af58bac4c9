import { Schema } from 'mongoose';

/** Whose records a data key seals. */
export type SealingScope = `wallet:${string}` | 'archive';

/** Collection `data_keys`: the key that seals a wallet's records, itself sealed by a master key. */
export type DataKeyDocument = {
  _id: SealingScope;
  sealed: string;
  /** The master key that `sealed` names, apart so that rotation and start can ask for it. */
  master_key_id: string;
  created_at: Date;
};

export const dataKeySchema = new Schema<DataKeyDocument>(
  {
    _id: { type: String, required: true },
    sealed: { type: String, required: true },
    master_key_id: { type: String, required: true },
    created_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'data_keys' },
);
dataKeySchema.index({ master_key_id: 1 }, { name: 'by_master_key' });

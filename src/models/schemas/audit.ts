import { Schema, type Types } from 'mongoose';

/** Collection `audit_events`: append-only, also for the database's user. Amounts and ids, never proofs. */
export type AuditDocument = {
  _id: Types.ObjectId;
  /** The wallet in whose chain it stands; 'server' where it is about none. */
  wallet_id: string;
  npub: string | null;
  transaction_id: string | null;
  event: string;
  details: Record<string, unknown>;
  at: Date;
};

export const auditSchema = new Schema<AuditDocument>(
  {
    wallet_id: { type: String, required: true },
    npub: { type: String, default: null },
    transaction_id: { type: String, default: null },
    event: { type: String, required: true },
    details: { type: Schema.Types.Mixed, default: {} },
    at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'audit_events' },
);
auditSchema.index({ wallet_id: 1, at: 1 }, { name: 'by_wallet' });

/** Collection `audit_unsealed`: stands from the commit of an event, whose `_id` it has, until its seal stands. */
export type UnsealedDocument = {
  _id: Types.ObjectId;
  wallet_id: string;
  /** Of the event. */
  mac: string;
};

export const unsealedSchema = new Schema<UnsealedDocument>(
  {
    _id: { type: Schema.Types.ObjectId, required: true },
    wallet_id: { type: String, required: true },
    mac: { type: String, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'audit_unsealed' },
);
unsealedSchema.index({ wallet_id: 1, _id: 1 }, { name: 'by_wallet' });

/** Collection `audit_seals`: append-only. One link of a wallet's chain, numbered from 1. */
export type SealDocument = {
  wallet_id: string;
  seq: number;
  event_id: Types.ObjectId;
  event_mac: string;
  /** The `mac` of the link before; '' in the first. */
  previous: string;
  sealed_at: Date;
  /** Over all of the above. */
  mac: string;
};

export const sealSchema = new Schema<SealDocument>(
  {
    wallet_id: { type: String, required: true },
    seq: { type: Number, required: true },
    event_id: { type: Schema.Types.ObjectId, required: true },
    event_mac: { type: String, required: true },
    previous: { type: String, default: '' },
    sealed_at: { type: Date, required: true },
    mac: { type: String, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'audit_seals' },
);
// Of two that seal at once, one writes the next link, and an event has one link at most.
sealSchema.index({ wallet_id: 1, seq: 1 }, { name: 'one_chain', unique: true });
sealSchema.index({ wallet_id: 1, event_id: 1 }, { name: 'one_seal_per_event_of_wallet', unique: true });

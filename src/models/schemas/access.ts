import { Schema } from 'mongoose';

/**
 * Collection `key_spending`: all that payments of one API key have reserved in one UTC day. What they did not need in the end
 * stands in the operations (`budget_unused`).
 */
export type KeySpendingDocument = {
  _id: string;
  key_id: string;
  day: string;
  reserved: bigint;
  begun_at: Date;
};

/** For looking back; a budget is asked about on its own day. */
const keepSpendingSeconds = 90 * 24 * 3600;

export const keySpendingSchema = new Schema<KeySpendingDocument>(
  {
    _id: { type: String, required: true },
    key_id: { type: String, required: true },
    day: { type: String, required: true },
    reserved: { type: BigInt, required: true },
    begun_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'key_spending' },
);
keySpendingSchema.index({ begun_at: 1 }, { name: 'forget', expireAfterSeconds: keepSpendingSeconds });

/** Collection `signed_requests`: events (NIP-98) that have been used, by their ids. `used_at` is the database's time. */
export type SignedRequestDocument = { _id: string; used_at: Date };

/**
 * An event is good for a minute before its time and a minute after, so for two at most on one clock. The rest is for clocks
 * of servers that differ: one whose clock is three minutes behind still meets every event that another has taken.
 */
const keepSignedRequestSeconds = 300;

export const signedRequestSchema = new Schema<SignedRequestDocument>(
  { _id: { type: String, required: true }, used_at: { type: Date, required: true } },
  { strict: 'throw', versionKey: false, collection: 'signed_requests' },
);
signedRequestSchema.index({ used_at: 1 }, { name: 'forget', expireAfterSeconds: keepSignedRequestSeconds });

/** Collection `bearer_tokens`. */
export type BearerTokenDocument = { _id: string; secret_hash: string; npub: string; expires_at: Date };

export const bearerTokenSchema = new Schema<BearerTokenDocument>(
  {
    _id: { type: String, required: true },
    secret_hash: { type: String, required: true },
    npub: { type: String, required: true },
    expires_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'bearer_tokens' },
);
// Only tidies up: whether a token is still good is decided by its time, when it is shown.
bearerTokenSchema.index({ expires_at: 1 }, { name: 'forget', expireAfterSeconds: 60 });

import { Schema } from 'mongoose';
import { type BackendTrouble, backendTroubles } from '../backendTrouble.ts';
import type { ReceiveDetails, SendDetails } from '../exchange.ts';
import {
  type AttemptPurpose,
  type MeltDetails,
  type MintingDetails,
  type Operation,
  operationKinds,
} from '../operation.ts';
import type { UpkeepDetails } from '../upkeep.ts';

/** A reply as the mint gave it. Its body is sealed with the request; `body` stands where an earlier version stored it open. */
export type StoredReplyDocument = { http_status: number; at: Date; body?: string };

/** `sealed` holds the exact request, the outputs with their blinding data, and the body of the reply. */
export type AttemptDocument = {
  number: number;
  purpose: AttemptPurpose;
  keyset_id: string;
  sealed: string;
  posts: number;
  last_post_at: Date | null;
  ended_at: Date | null;
  reply: StoredReplyDocument | null;
  refusal_code: number | null;
  /** Attempts of earlier versions lack it: nothing is known of their refusals then. */
  refusals?: number;
  /** The same. */
  answers?: number;
  /** Present where the mint's words for its latest refusal tell of a known trouble of its backend. */
  trouble?: BackendTrouble;
};

/** Collection `operations`: every kind of value-moving operation, one mechanism. */
export type OperationDocument = {
  _id: string;
  kind: Operation['kind'];
  npub: string;
  wallet_id: string;
  mint_url: string;
  unit: string;
  state: string;
  version: number;
  /** Present and true while the worker has something to do. */
  open?: true;
  due_at: Date;
  lease_owner: string | null;
  lease_until: Date | null;
  attempts: AttemptDocument[];
  timeline: { at: Date; state: string; event: string }[];
  request_id: string | null;
  created_at: Date;
  updated_at: Date;
  /** Present where whoever asked for it sent them. */
  memo?: string;
  external_id?: string;
  /** Present while this operation claims its invoice, or the ecash that it takes in: open or successful. Of an upkeep: open. */
  payment_hash_claim?: string;
  /** Present while this is a melt that may still hang: one of so many places that a wallet has for those. */
  melt_place?: number;
  /** Present once a payment from an API key's budget has ended: which budget, and what of its reservation was not needed. */
  budget_day?: string;
  budget_unused?: bigint;
  /** Found by quote. */
  quote_id: string;
  /** Reserved by the operation though no token holds it (transaction S). */
  held_amount: bigint;
  /** What is particular to the kind, in domain names. Amounts are stored as 64-bit integers. */
  details: MeltDetails | MintingDetails | SendDetails | ReceiveDetails | UpkeepDetails;
  /** Proofs of the operation: inputs, held, change. Sealed as one. */
  sealed: string | null;
};

const storedReply = new Schema<StoredReplyDocument>(
  {
    http_status: { type: Number, required: true },
    body: { type: String },
    at: { type: Date, required: true },
  },
  { _id: false },
);

const attempt = new Schema<AttemptDocument>(
  {
    number: { type: Number, required: true },
    purpose: { type: String, enum: ['swap', 'melt', 'fence', 'issue', 'reclaim', 'redeem'], required: true },
    keyset_id: { type: String, default: '' },
    sealed: { type: String, required: true },
    posts: { type: Number, required: true },
    last_post_at: { type: Date, default: null },
    ended_at: { type: Date, default: null },
    reply: { type: storedReply, default: null },
    refusal_code: { type: Number, default: null },
    refusals: { type: Number },
    answers: { type: Number },
    trouble: { type: String, enum: backendTroubles },
  },
  { _id: false },
);

export const operationSchema = new Schema<OperationDocument>(
  {
    _id: { type: String, required: true },
    kind: { type: String, enum: operationKinds, required: true },
    npub: { type: String, required: true },
    wallet_id: { type: String, required: true },
    mint_url: { type: String, required: true },
    unit: { type: String, required: true },
    state: { type: String, required: true },
    version: { type: Number, required: true },
    open: { type: Boolean },
    due_at: { type: Date, required: true },
    lease_owner: { type: String, default: null },
    lease_until: { type: Date, default: null },
    attempts: { type: [attempt], required: true },
    timeline: {
      type: [
        new Schema(
          {
            at: { type: Date, required: true },
            state: { type: String, required: true },
            event: { type: String, required: true },
          },
          { _id: false },
        ),
      ],
      required: true,
    },
    request_id: { type: String, default: null },
    created_at: { type: Date, required: true },
    updated_at: { type: Date, required: true },
    memo: { type: String },
    external_id: { type: String },
    payment_hash_claim: { type: String },
    melt_place: { type: Number },
    budget_day: { type: String },
    budget_unused: { type: BigInt },
    quote_id: { type: String, required: true },
    held_amount: { type: BigInt, required: true },
    details: { type: Schema.Types.Mixed, required: true },
    sealed: { type: String, default: null },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'operations' },
);

// At most one open or paid operation per invoice and wallet.
operationSchema.index(
  { wallet_id: 1, payment_hash_claim: 1 },
  {
    name: 'one_payment_per_invoice',
    unique: true,
    partialFilterExpression: { payment_hash_claim: { $exists: true } },
  },
);
// No more open melts in a wallet than it has places for them.
operationSchema.index(
  { wallet_id: 1, melt_place: 1 },
  { name: 'one_melt_per_place', unique: true, partialFilterExpression: { melt_place: { $exists: true } } },
);
// Holds all that is summed up of it.
operationSchema.index(
  { budget_day: 1, budget_unused: 1 },
  { name: 'budget_given_back', partialFilterExpression: { budget_day: { $exists: true } } },
);
// With the mint, so that thousands that wait for one which is left alone just now are passed over without reading them.
operationSchema.index(
  { due_at: 1, mint_url: 1, state: 1 },
  { name: 'due_at_mint_state', partialFilterExpression: { open: true } },
);
operationSchema.index({ wallet_id: 1, kind: 1, quote_id: 1 }, { name: 'by_quote' });
// A wallet's history in its order, whole, by kind and state, and by what its owner's program calls an operation.
operationSchema.index({ wallet_id: 1, created_at: -1, _id: -1 }, { name: 'newest' });
operationSchema.index(
  { wallet_id: 1, kind: 1, state: 1, created_at: -1, _id: -1 },
  { name: 'newest_by_state' },
);
operationSchema.index(
  { wallet_id: 1, external_id: 1, created_at: -1, _id: -1 },
  { name: 'by_external_id', partialFilterExpression: { external_id: { $exists: true } } },
);
operationSchema.index(
  { wallet_id: 1, open: 1, kind: 1, created_at: 1 },
  { name: 'open_by_kind', partialFilterExpression: { open: true } },
);
// Holds all that metrics tell of them: thousands may wait for somebody to pay their invoice.
operationSchema.index(
  { open: 1, kind: 1, state: 1, created_at: 1 },
  { name: 'open_by_state', partialFilterExpression: { open: true } },
);
// Few at any time.
operationSchema.index(
  { wallet_id: 1 },
  { name: 'waits_for_person', partialFilterExpression: { state: 'needs_attention' } },
);
operationSchema.index(
  { wallet_id: 1, created_at: -1 },
  {
    name: 'open_with_outputs',
    partialFilterExpression: { open: true, 'attempts.0': { $exists: true } },
  },
);

/** Collection `idempotency_keys`: a pointer to the operation, written in the transaction that reserves. */
export type IdempotencyDocument = {
  _id: string;
  wallet_id: string;
  route: string;
  key: string;
  body_hash: string;
  operation_id: string;
  created_at: Date;
};

const keepIdempotencySeconds = 31 * 24 * 3600;

export const idempotencySchema = new Schema<IdempotencyDocument>(
  {
    _id: { type: String, required: true },
    wallet_id: { type: String, required: true },
    route: { type: String, required: true },
    key: { type: String, required: true },
    body_hash: { type: String, required: true },
    operation_id: { type: String, required: true },
    created_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'idempotency_keys' },
);
idempotencySchema.index({ wallet_id: 1, route: 1, key: 1 }, { name: 'one_operation_per_key', unique: true });
idempotencySchema.index({ created_at: 1 }, { name: 'forget', expireAfterSeconds: keepIdempotencySeconds });

/** Collection `counters`: the next NUT-13 index, by wallet (each has a seed of its own) and keyset. */
export type CounterDocument = { _id: string; wallet_id: string; keyset_id: string; next: number };

export const counterSchema = new Schema<CounterDocument>(
  {
    _id: { type: String, required: true },
    wallet_id: { type: String, required: true },
    keyset_id: { type: String, required: true },
    next: { type: Number, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'counters' },
);
counterSchema.index({ wallet_id: 1 }, { name: 'by_wallet' });

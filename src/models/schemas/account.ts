import { Schema } from 'mongoose';

/** Stands in a wallet while it is being recovered (src/models/wallet.ts). */
export type RecoveryDocument = {
  state: 'required' | 'running' | 'watching';
  reason: 'requested' | 'quote_issued' | 'asked' | 'spent_proofs' | 'signed_outputs';
  since: Date;
  generation: number;
  due_at: Date;
  lease_owner: string | null;
  lease_until: Date | null;
  /** Absent in recoveries that an earlier version began: it stands in their scans. */
  is_proven?: boolean;
  scans: Record<
    string,
    {
      next: number;
      last_signed: number | null;
      is_behind?: boolean;
      done: boolean;
      counter: number;
      is_moved: boolean;
    }
  >;
  again: { keyset_id: string; counter: number }[];
  stuck_since: Record<string, Date>;
  rescan_due: boolean;
  restored: bigint;
  /** Absent in recoveries that an earlier version began. */
  restored_proofs?: number;
  written_off: bigint;
};

/** Stands in a wallet once it was recovered, for whoever asks what came of it. */
export type EndedRecoveryDocument = {
  since: Date;
  ended_at: Date;
  restored: bigint;
  restored_proofs: number;
  written_off: bigint;
};

/** Collection `wallets`. */
export type WalletDocument = {
  _id: string;
  npub: string;
  /** Absent in an npub's further wallets. */
  is_first?: true;
  mint_url: string;
  mint_id: string | null;
  unit: string;
  created_at: Date;
  recovery?: RecoveryDocument;
  /** When it was last recovered after it had been, or was said to be, behind. */
  recovered_at?: Date;
  last_recovery?: EndedRecoveryDocument;
  /** How often people gave something up, or had it taken up again: written with it, so that no recovery begins beside it. */
  taken_up?: number;
  /** When upkeep looks at it next; absent where it never has. */
  upkeep_due_at?: Date;
  /** When its spent tokens are looked through for old ones next; absent where they never were. */
  archive_due_at?: Date;
  /** When its books are held against the mint next, by the server itself; absent where they never were. */
  solvency_due_at?: Date;
  /** When that was done last, as a whole, and what came of it: what the books hold, and what of that the mint honours. */
  solvency_at?: Date;
  solvency_booked?: bigint;
  solvency_verified?: bigint;
  /**
   * Stands there while a part of it has been held against the mint: the last token of that, and those in which something was missing,
   * at most 500. Earlier versions wrote a sum instead.
   */
  solvency_walk?: { after: string; missing_in?: string[] };
};

export const walletSchema = new Schema<WalletDocument>(
  {
    _id: { type: String, required: true },
    npub: { type: String, required: true },
    is_first: { type: Boolean },
    mint_url: { type: String, required: true },
    mint_id: { type: String, default: null },
    unit: { type: String, required: true },
    created_at: { type: Date, required: true },
    recovery: { type: Schema.Types.Mixed },
    recovered_at: { type: Date },
    last_recovery: { type: Schema.Types.Mixed },
    taken_up: { type: Number },
    upkeep_due_at: { type: Date },
    archive_due_at: { type: Date },
    solvency_due_at: { type: Date },
    solvency_at: { type: Date },
    solvency_booked: { type: BigInt },
    solvency_verified: { type: BigInt },
    solvency_walk: { type: Schema.Types.Mixed },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'wallets' },
);
// With the mint, so that thousands that wait for their turn at one are passed over without reading them.
walletSchema.index(
  { 'recovery.due_at': 1, mint_url: 1 },
  { name: 'recoveries_at_mint', partialFilterExpression: { 'recovery.due_at': { $exists: true } } },
);
export const firstIndex = 'one_first_wallet';
walletSchema.index(
  { npub: 1 },
  { name: firstIndex, unique: true, partialFilterExpression: { is_first: true } },
);
walletSchema.index({ npub: 1, mint_url: 1, unit: 1 }, { name: 'one_wallet_per_mint_and_unit', unique: true });
// Those that upkeep has never looked at come first.
walletSchema.index({ mint_url: 1, upkeep_due_at: 1 }, { name: 'upkeep_at_mint' });
// The same of archival, which asks no mint.
walletSchema.index({ archive_due_at: 1 }, { name: 'archive_turn' });
// The same of verification; with all that is summed up over thousands of wallets.
walletSchema.index(
  { mint_url: 1, solvency_due_at: 1, unit: 1, solvency_at: 1, solvency_booked: 1, solvency_verified: 1 },
  { name: 'solvency_at_mint' },
);
// As in cashu_tokens; wallets at a mint that tells no id stand in it too.
walletSchema.index({ mint_id: 1 }, { name: 'unmigrated', partialFilterExpression: { mint_id: null } });

/** Collection `api_keys`. */
export type ApiKeyDocument = {
  _id: string;
  secret_hash: string;
  label: string;
  scopes: string[];
  npub: string | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
  /** Absent in keys that are older than budgets. */
  budget_sat_per_day?: bigint | null;
  last_used_on?: string | null;
};

export const apiKeySchema = new Schema<ApiKeyDocument>(
  {
    _id: { type: String, required: true },
    secret_hash: { type: String, required: true },
    label: { type: String, required: true },
    scopes: { type: [String], required: true },
    npub: { type: String, default: null },
    expires_at: { type: Date, default: null },
    revoked_at: { type: Date, default: null },
    created_at: { type: Date, required: true },
    budget_sat_per_day: { type: BigInt, default: null },
    last_used_on: { type: String, default: null },
  },
  { strict: 'throw', versionKey: false, collection: 'api_keys' },
);

/** Collection `error_reports`: one document per incident. */
export type ReportDocument = {
  _id: string;
  dedupe_key: string;
  severity: string;
  code: string;
  status: 'open' | 'resolved' | 'closed';
  npub: string | null;
  wallet_id: string | null;
  transaction_id: string | null;
  quote_id: string | null;
  summary: string;
  details: Record<string, unknown>;
  /** supportIds that were told while the database was away, for what then proved to be this incident. */
  other_ids: string[];
  request_ids: string[];
  count: number;
  at: Date;
  last_at: Date;
  closed_at: Date | null;
  closed_how: string | null;
  /** Present once a person has called it dealt with: when that was last, and every time. */
  resolved_at?: Date;
  resolutions?: { at: Date; key_id: string; label: string; note: string }[];
};

export const reportSchema = new Schema<ReportDocument>(
  {
    _id: { type: String, required: true },
    dedupe_key: { type: String, required: true },
    severity: { type: String, enum: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'], required: true },
    code: { type: String, required: true },
    status: { type: String, enum: ['open', 'resolved', 'closed'], required: true },
    npub: { type: String, default: null },
    wallet_id: { type: String, default: null },
    transaction_id: { type: String, default: null },
    quote_id: { type: String, default: null },
    summary: { type: String, required: true },
    details: { type: Schema.Types.Mixed, default: {} },
    other_ids: { type: [String], required: true },
    request_ids: { type: [String], required: true },
    count: { type: Number, required: true },
    at: { type: Date, required: true },
    last_at: { type: Date, required: true },
    closed_at: { type: Date, default: null },
    closed_how: { type: String, default: null },
    resolved_at: { type: Date },
    resolutions: { type: Schema.Types.Mixed },
  },
  { strict: 'throw', versionKey: false, minimize: false, collection: 'error_reports' },
);
// Two instances that meet the same incident at once write into one report.
reportSchema.index(
  { dedupe_key: 1 },
  { name: 'one_open_report_per_incident', unique: true, partialFilterExpression: { status: 'open' } },
);
// Whoever closes an incident closes what was called resolved before it was over.
reportSchema.index(
  { dedupe_key: 1, _id: 1 },
  { name: 'resolved_incidents', partialFilterExpression: { status: 'resolved' } },
);
reportSchema.index(
  { other_ids: 1 },
  { name: 'by_other_id', partialFilterExpression: { 'other_ids.0': { $exists: true } } },
);
// What support lists, and by what: the latest met first.
reportSchema.index({ last_at: -1, _id: -1 }, { name: 'latest' });
reportSchema.index({ status: 1, last_at: -1, _id: -1 }, { name: 'latest_by_status' });
reportSchema.index(
  { status: 1, severity: 1, last_at: -1, _id: -1 },
  { name: 'latest_by_status_and_severity' },
);
reportSchema.index({ severity: 1, last_at: -1, _id: -1 }, { name: 'latest_by_severity' });
reportSchema.index({ code: 1, last_at: -1, _id: -1 }, { name: 'latest_by_code' });
reportSchema.index({ npub: 1, last_at: -1, _id: -1 }, { name: 'latest_by_npub' });

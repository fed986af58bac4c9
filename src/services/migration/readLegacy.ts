import * as nip19 from 'nostr-tools/nip19';
import { invariant } from '../../models/errors.ts';
import {
  type LegacyProof,
  type LegacySecret,
  type LegacyToken,
  type LegacyWallet,
  legacyStatusNamed,
  legacyTypeNamed,
  type Origin,
} from '../../models/legacy.ts';
import type { Dleq } from '../../models/proof.ts';
import { proofName } from '../ecash/outputs.ts';
import { asAmount, asHex, asRecord, asText, type JsonRecord } from '../mint/wire.ts';

const longAgo = new Date(0);
const maxInt64 = 2n ** 63n - 1n;

/** Reads a token of the earlier design (docs/migration.md) for what can be relied on; the rest becomes null. */
export function readToken(origin: Origin, fields: JsonRecord): LegacyToken {
  const { proofs } = fields;
  return {
    origin,
    readable: proofs === null || proofs === undefined || Array.isArray(proofs),
    npub: asNpub(fields['npub']),
    walletId: asId(fields['wallet_id']),
    mintUrl: asMintUrl(fields['mint_url']),
    status: legacyStatusNamed(fields['status']),
    type: legacyTypeNamed(fields['transaction_type']),
    transactionId: asId(fields['transaction_id']),
    statedTotal: asMoney(fields['total_amount']),
    createdAt: createdAt(fields),
    spentAt: asDate(fields['spent_at']),
    proofs: Array.isArray(proofs) ? proofs.map(readProof) : [],
    madeTokenIds: [],
  };
}

export function readWallet(origin: Origin, fields: JsonRecord): LegacyWallet {
  return {
    origin,
    npub: asNpub(fields['npub']),
    mintUrl: asMintUrl(fields['mint_url']),
    unit: asText(asRecord(fields['wallet_config'])?.['unit'] ?? fields['unit'], 32) ?? null,
    createdAt: createdAt(fields),
    verdict: null,
  };
}

/** What of one proof is secret. @throws InvariantBroken where it cannot be read: nobody decided to move such a proof */
export function readSecret(fields: JsonRecord, position: number): LegacySecret {
  const { proofs } = fields;
  const record = Array.isArray(proofs) ? asRecord(proofs[position]) : undefined;
  const secret = asSecret(record?.['secret']);
  invariant(secret !== null, 'a proof that was to be moved has no secret');
  const dleq = asDleq(record?.['dleq']);
  return { secret, ...(dleq === null ? {} : { dleq }) };
}

function readProof(value: unknown): LegacyProof {
  const record = asRecord(value) ?? {};
  const secret = asSecret(record['secret']);
  const hasDleq = asDleq(record['dleq']) !== null;
  return {
    Y: secret === null ? null : proofName(secret),
    keysetId: asKeysetId(record['id']),
    amount: asMoney(record['amount']),
    C: asPoint(record['C']),
    locked: secret?.trimStart().startsWith('[') ?? false,
    dleq: hasDleq ? 'unchecked' : null,
    verdict: null,
  };
}

const asSecret = (value: unknown): string | null => asText(value) || null;

function asKeysetId(value: unknown): string | null {
  const text = asText(value, 66);
  return text !== undefined && /^[\w+/=-]+$/.test(text) ? text : null;
}

function asPoint(value: unknown): string | null {
  const hex = asHex(value, 33);
  return hex !== undefined && /^0[23]/.test(hex) ? hex : null;
}

function asDleq(value: unknown): Dleq | null {
  const record = asRecord(value);
  const [e, s, r] = ['e', 's', 'r'].map((name) => asHex(record?.[name], 32));
  return e !== undefined && s !== undefined && r !== undefined ? { e, s, r } : null;
}

function asMoney(value: unknown): bigint | null {
  const amount = typeof value === 'bigint' ? value : asAmount(value);
  return amount !== undefined && amount >= 0n && amount <= maxInt64 ? amount : null;
}

/** An id that may be shown: what looks like anything else could be a secret in the wrong field. */
function asId(value: unknown): string | null {
  const text = asText(value, 128);
  return text !== undefined && /^[\w:.-]+$/.test(text) && !/^(cashu[AB]|nsec1|crk_)/i.test(text)
    ? text
    : null;
}

function asNpub(value: unknown): string | null {
  const text = asText(value, 100)?.trim();
  if (text === undefined || !text.startsWith('npub1')) return null;
  try {
    return nip19.decode(text).type === 'npub' ? text : null;
  } catch {
    return null;
  }
}

function asMintUrl(value: unknown): string | null {
  const text = asText(value, 2_048)?.trim();
  if (text === undefined || !URL.canParse(text)) return null;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' ? text.replace(/\/+$/, '') : null;
}

const asDate = (value: unknown): Date | null =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value : null;

/** Written by hand (`created_at`) or by mongoose's timestamps (`createdAt`); an ObjectId begins with its second. */
function createdAt(fields: JsonRecord): Date {
  const stated = asDate(fields['created_at']) ?? asDate(fields['createdAt']);
  if (stated !== null) return stated;
  const id = asHex(fields['_id'], 12);
  return id === undefined ? longAgo : new Date(Number.parseInt(id.slice(0, 8), 16) * 1000);
}

import type { BlindSignature } from '../../models/proof.ts';
import { isQuoteId } from '../../models/quoteId.ts';
import { redactText } from '../../redaction.ts';

/** Readers for untrusted JSON. Each gives `undefined` for anything that is not exactly what it asks for. */
export type JsonRecord = { [name: string]: unknown };

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function asRecord(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

export function asList(value: unknown, maxLength: number): unknown[] | undefined {
  return Array.isArray(value) && value.length <= maxLength ? value : undefined;
}

export function asText(value: unknown, maxLength = 16_384): string | undefined {
  return typeof value === 'string' && value.length <= maxLength ? value : undefined;
}

export function asQuoteId(value: unknown): string | undefined {
  return typeof value === 'string' && isQuoteId(value) ? value : undefined;
}

/** An amount: a whole number of units, not negative, exact in JSON. */
export function asAmount(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

export function asHex(value: unknown, bytes: number): string | undefined {
  return typeof value === 'string' && value.length === bytes * 2 && /^[0-9a-f]+$/i.test(value)
    ? value.toLowerCase()
    : undefined;
}

/** Seconds since the epoch; 0 and null mean "never" to several mints. */
export function asUnixTime(value: unknown): Date | null {
  const usable =
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 8_640_000_000_000;
  return usable ? new Date(value * 1000) : null;
}

const maxSignatures = 1_000;

/** A list of blind signatures (NUT-00), or `undefined` if any of them is malformed. */
export function asBlindSignatures(value: unknown): BlindSignature[] | undefined {
  const list = asList(value, maxSignatures);
  if (list === undefined) return undefined;
  const signatures: BlindSignature[] = [];
  for (const item of list) {
    const record = asRecord(item);
    const keysetId = asText(record?.['id'], 66);
    const amount = asAmount(record?.['amount']);
    const C_ = asHex(record?.['C_'], 33);
    if (keysetId === undefined || amount === undefined || C_ === undefined) return undefined;
    const dleq = asRecord(record?.['dleq']);
    const e = asHex(dleq?.['e'], 32);
    const s = asHex(dleq?.['s'], 32);
    signatures.push({ keysetId, amount, C_, ...(e && s ? { dleq: { e, s } } : {}) });
  }
  return signatures;
}

/**
 * The mint's own words for a refusal, cut to what may be kept: printable, short, and without what looks like a secret. That
 * goes first: half a secret is no longer known by its look.
 */
export function asDetail(value: unknown): string | null {
  const text = asText(value);
  if (text === undefined) return null;
  const printable = text.replace(/[^\x20-\x7e]/g, ' ');
  return redactText(printable)
    .replace(/[0-9a-f]{32,}/gi, '[redacted]')
    .slice(0, 200);
}

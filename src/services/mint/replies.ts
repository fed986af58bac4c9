import type { Attempt, StoredReply } from '../../models/operation.ts';
import type { BlindSignature } from '../../models/proof.ts';
import { asBlindSignatures, asDetail, asRecord, asText, parseJson } from './wire.ts';

/** What a refusal says: NUT error code (null where the mint gave none) and its words. */
export type Refusal = { code: number | null; detail: string | null };

/** How a POST that may move money is read. `unknown`: ask for the state, conclude nothing. */
export type SubmitReading =
  /** `quoteId`: whose payment the reply is about; null where the mint does not say. */
  | { kind: 'paid'; quoteId: string | null; preimage: string | null; change: BlindSignature[] | null }
  | { kind: 'pending' }
  | { kind: 'signed'; signatures: BlindSignature[] }
  | ({ kind: 'rejected' } & Refusal)
  | { kind: 'unknown' };

/**
 * Refusals that are about this very request and cannot be the echo of an earlier attempt of ours. Everything else,
 * whether listed in error_codes.md or not, may also mean "it already happened". Mints differ, so even these are only
 * believed once the quote's and the proofs' states agree.
 */
const definiteCodes: ReadonlySet<number> = new Set([
  10001, 11005, 11006, 11007, 11008, 11009, 11010, 11011, 11012, 11013, 11014, 11015, 12001, 12002, 12003,
  20001, 20003, 20004, 20007, 20008, 20009,
]);

/** NUT error codes by which a mint says that it was sent more at once than it takes. */
const tooManyCodes: ReadonlySet<number> = new Set([11014, 11015]);

/** Whether a refusal is certainly not about how much was sent at once. */
export function isAboutOneItem({ code }: Pick<Refusal, 'code'>): boolean {
  return code !== null && definiteCodes.has(code) && !tooManyCodes.has(code);
}

/** Codes by which a mint says that the keyset of our outputs signs no more. */
export const keysetRetiredCodes: ReadonlySet<number> = new Set([12001, 12002, 12003]);

/** Reads a stored reply of POST /v1/melt/bolt11 (NUT-05, NUT-08). */
export function readMelt(reply: StoredReply): SubmitReading {
  const body = okBody(reply);
  if (body === undefined) return readRefusal(reply);
  const state = body['state'] ?? (body['paid'] === true ? 'PAID' : undefined);
  switch (state) {
    case 'PAID':
      return {
        kind: 'paid',
        quoteId: asText(body['quote'], 256) || null,
        preimage: readPreimage(body),
        change: asBlindSignatures(body['change']) ?? null,
      };
    case 'PENDING':
      return { kind: 'pending' };
    default:
      return { kind: 'unknown' };
  }
}

/** Reads a stored reply of POST /v1/swap (NUT-03) or POST /v1/mint/bolt11 (NUT-04). */
export function readSigned(reply: StoredReply): SubmitReading {
  const body = okBody(reply);
  if (body === undefined) return readRefusal(reply);
  const signatures = asBlindSignatures(body['signatures']);
  return signatures === undefined ? { kind: 'unknown' } : { kind: 'signed', signatures };
}

/** A reply with as many signatures as were asked for; whether they are good is seen when they are redeemed. */
export function hasSignatures(attempt: Attempt | undefined): boolean {
  if (attempt === undefined || attempt.reply === null || attempt.outputs.length === 0) return false;
  const reading = readSigned(attempt.reply);
  return reading.kind === 'signed' && reading.signatures.length === attempt.outputs.length;
}

/** A preimage as the mint gave it: null, empty or over-long ones are none. */
export function readPreimage(body: { [name: string]: unknown }): string | null {
  return asText(body['payment_preimage'], 256) || null;
}

/** A refusal with a listed, definite code; anything else is unknown. */
export function readRefusal(reply: { httpStatus: number; body: string }): SubmitReading {
  const refusal = refusalIn(reply);
  if (refusal === null || refusal.code === null || !definiteCodes.has(refusal.code))
    return { kind: 'unknown' };
  return { kind: 'rejected', ...refusal };
}

/** The mint, or a proxy before it, asks for patience: it has not looked at the request, and later may. */
export function saysLater({ httpStatus }: StoredReply): boolean {
  return httpStatus === 429 || (httpStatus >= 502 && httpStatus <= 504);
}

/** The refusal in a 4xx reply, or null where there is none to be read (5xx, 429, HTML, truncated). */
export function refusalIn(reply: { httpStatus: number; body: string }): Refusal | null {
  if (reply.httpStatus < 400 || reply.httpStatus >= 500 || reply.httpStatus === 429) return null;
  const body = asRecord(parseJson(reply.body));
  if (body === undefined) return null;
  const code = typeof body['code'] === 'number' && Number.isSafeInteger(body['code']) ? body['code'] : null;
  return { code, detail: asDetail(body['detail']) };
}

function okBody(reply: { httpStatus: number; body: string }): { [name: string]: unknown } | undefined {
  return reply.httpStatus === 200 ? asRecord(parseJson(reply.body)) : undefined;
}

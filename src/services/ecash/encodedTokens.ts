import { isUtf8 } from 'node:buffer';
import { Amount, getEncodedToken } from '@cashu/cashu-ts';
import { invariant } from '../../models/errors.ts';
import { type Dleq, largestSum, type Proof, sumAmounts } from '../../models/proof.ts';
import { asAmount, asHex, asRecord, asText, parseJson } from '../mint/wire.ts';
import { type CborValue, readCbor } from './cbor.ts';
import { curve } from './curve.ts';

/** A proof as strangers hand it over (NUT-00): well-formed, and nothing more than that is known of it. */
export type TokenProof = {
  amount: bigint;
  /** As it was written: of version 2 (NUT-02) perhaps the first 8 of its 33 bytes alone, see `fullKeysetId`. */
  keysetId: string;
  secret: string;
  C: string;
  dleq?: Dleq;
  witness?: string;
};

export type ReadToken =
  | { kind: 'token'; mintUrl: string; unit: string; memo: string | null; proofs: TokenProof[] }
  /** `why` tells nothing that is in the token. It goes on where "The token cannot be read:" ends. */
  | { kind: 'malformed'; why: string };

/** What both versions say, in the words of version 3. Nothing in it has been checked. */
type Draft = { unit: unknown; memo: unknown; entries: { mint: unknown; proofs: unknown[] }[] };

const maxTokenLength = 200_000;
const maxUrlLength = 2_048;
/** Nutshell takes no longer ones. */
const maxSecretLength = 1_024;
const maxWitnessLength = 16_384;
const schemes = /^(?:web\+cashu:\/\/|cashu:\/\/|cashu:)(?=cashu)/;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const webAddress = /^https?:\/\/[\x21-\x7e]+$/;
const maxJsonDepth = 16;
/** Looking back keeps it linear: a URL may be a thousand slashes and a letter. */
const slashesAtTheEnd = /(?<!\/)\/+$/;
/** Of 8 bytes, or of 33 in version 2 alone. */
const keysetVersions = /^(?:0[01].{14}|01.{64})$/;
/** More than a proof comes to that has a keyset of its own, a DLEQ proof, a witness and fields that we do not know. */
const cborItemsPerProof = 32;

/** On its way out of the readers, with what `why` will say. */
class Malformed extends Error {}

/**
 * Reads a token of version 3 (`cashuA`) or 4 (`cashuB`), however hostile (NUT-00). What it is worth is for the mint to say.
 * @param limits counted before anything that costs
 */
export function readToken(encoded: string, limits: { maxProofs: number }): ReadToken {
  try {
    return checkedToken(draftOf(encoded, limits.maxProofs));
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', why: error.message };
    throw error;
  }
}

/** A token of version 4, with the DLEQ proofs that there are: who gets it can check them without the mint (NUT-12). */
export function writeToken(given: {
  mintUrl: string;
  unit: string;
  memo: string | null;
  proofs: readonly Proof[];
}): string {
  invariant(given.proofs.length > 0, 'a token holds at least one proof');
  return getEncodedToken({
    mint: given.mintUrl,
    unit: given.unit,
    ...(given.memo === null ? {} : { memo: given.memo }),
    proofs: given.proofs.map(({ keysetId, amount, secret, C, dleq }) => ({
      id: keysetId,
      amount: Amount.from(amount),
      secret,
      C,
      ...(dleq === undefined ? {} : { dleq }),
    })),
  });
}

/**
 * The keyset that a token names, perhaps by the first 8 bytes alone (NUT-02, version 2).
 * @param known ids of all the mint's keysets
 * @returns null where none of them is meant, or more than one
 */
export function fullKeysetId(shortOrFull: string, known: readonly string[]): string | null {
  const isShort = /^01[0-9a-f]{14}$/.test(shortOrFull);
  const [meant, another] = new Set(
    known.filter((id) => (isShort ? id.startsWith(shortOrFull) : id === shortOrFull)),
  );
  return meant !== undefined && another === undefined ? meant : null;
}

function draftOf(encoded: string, maxProofs: number): Draft {
  if (encoded.length > maxTokenLength) throw new Malformed(`it is longer than ${maxTokenLength} characters`);
  const token = encoded.trim().replace(schemes, '');
  const [version, body] = [token.slice(0, 6), token.slice(6)];
  if (version !== 'cashuA' && version !== 'cashuB') {
    throw new Malformed('it begins with neither cashuA nor cashuB');
  }
  if (!base64.test(body)) throw new Malformed('what follows its version is not base64');
  const bytes = Buffer.from(body, 'base64url');
  const draft = version === 'cashuA' ? draftOfV3(bytes, maxProofs) : draftOfV4(bytes, maxProofs);
  const count = draft.entries.reduce((sum, { proofs }) => sum + proofs.length, 0);
  if (count > maxProofs) throw new Malformed(`it holds more than ${maxProofs} proofs`);
  if (count === 0) throw new Malformed('it holds no proofs');
  return draft;
}

function draftOfV3(bytes: Buffer, maxProofs: number): Draft {
  const text = isUtf8(bytes) ? bytes.toString('utf8') : '';
  const json = isShallow(text) ? asRecord(parseJson(text)) : undefined;
  if (json === undefined) throw new Malformed('its content is not a JSON object');
  const entries = listOf(json['token'], maxProofs).map((entry) => {
    const { mint, proofs } = asRecord(entry) ?? {};
    return { mint, proofs: listOf(proofs, maxProofs) };
  });
  return { unit: json['unit'], memo: json['memo'], entries };
}

/** Whether it nests no deeper than a token needs: V8 takes a quarter of a second for 100,000 lists in each other. */
function isShallow(json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const sign = json[at];
    if (sign === '"') isText = !isText;
    else if (isText) at += sign === '\\' ? 1 : 0;
    else if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth -= 1;
    if (depth > maxJsonDepth) return false;
  }
  return true;
}

function draftOfV4(bytes: Buffer, maxProofs: number): Draft {
  const token = readCbor(bytes, cborItemsPerProof * (maxProofs + 1));
  if (token === null) throw new Malformed('its content is not CBOR, or has too many parts');
  const entries = listOf(memberOf(token.value, 't'), maxProofs).map((entry) => {
    const id = hexOf(memberOf(entry, 'i'));
    const proofs = listOf(memberOf(entry, 'p'), maxProofs).map((proof) => inWordsOfV3(proof, id));
    return { mint: memberOf(token.value, 'm'), proofs };
  });
  return { unit: memberOf(token.value, 'u'), memo: memberOf(token.value, 'd'), entries };
}

function inWordsOfV3(proof: CborValue, id: unknown): Record<string, unknown> {
  const dleq = memberOf(proof, 'd');
  const [e, s, r] = ['e', 's', 'r'].map((name) => hexOf(memberOf(dleq, name)));
  return {
    id,
    amount: memberOf(proof, 'a'),
    secret: memberOf(proof, 's'),
    C: hexOf(memberOf(proof, 'c')),
    dleq: dleq instanceof Map ? { e, s, r } : dleq,
    witness: memberOf(proof, 'w'),
  };
}

/** Of entries or proofs: there are never more entries than proofs. */
function listOf<T>(value: T | T[], maxProofs: number): T[] {
  if (!Array.isArray(value)) throw new Malformed('a list is missing in it');
  if (value.length > maxProofs) throw new Malformed(`it holds more than ${maxProofs} proofs`);
  return value;
}

const memberOf = (value: CborValue, name: string): CborValue =>
  value instanceof Map ? value.get(name) : undefined;

/** What stands as bytes in version 4, and as hex in version 3. */
const hexOf = (value: CborValue): string | undefined =>
  typeof value === 'object' && value !== null && 'hex' in value ? value.hex : undefined;

function checkedToken({ unit, memo, entries }: Draft): ReadToken {
  const [mintUrl, another] = new Set(entries.map(({ mint }) => mintUrlOf(mint)));
  if (mintUrl === undefined || another !== undefined) throw new Malformed('it holds proofs of several mints');
  const proofs = entries.flatMap((entry) => entry.proofs).map(checkedProof);
  if (new Set(proofs.map((proof) => proof.secret)).size < proofs.length) {
    throw new Malformed('a proof stands in it twice');
  }
  if (sumAmounts(proofs) > largestSum) throw new Malformed('it is worth more than numbers can say');
  return {
    kind: 'token',
    mintUrl,
    unit: isAbsent(unit) ? 'sat' : needed(asWholeText(unit, 32), 'its unit is not a short text'),
    memo: isAbsent(memo) ? null : needed(asWholeText(memo, maxTokenLength), 'its memo is not a text'),
    proofs,
  };
}

function checkedProof(value: unknown): TokenProof {
  const { amount, id, secret, C, dleq, witness } = asRecord(value) ?? {};
  const worth = needed(asAmount(amount), 'an amount is not a whole number below 2^53');
  if (worth === 0n) throw new Malformed('an amount is 0');
  return {
    amount: worth,
    keysetId: needed(asKeysetId(id), 'a keyset is not named by 8 or 33 bytes'),
    secret: needed(
      asWholeText(secret, maxSecretLength) || undefined,
      `a secret is not a text of at most ${maxSecretLength} characters`,
    ),
    C: needed(asPoint(C), 'a signature is not a point of the curve'),
    ...(isAbsent(dleq) ? {} : { dleq: needed(asDleq(dleq), 'a DLEQ proof is not three times 32 bytes') }),
    ...(isAbsent(witness) ? {} : { witness: needed(asWitness(witness), 'a witness is not a text') }),
  };
}

function needed<T>(value: T | undefined, why: string): T {
  if (value === undefined) throw new Malformed(why);
  return value;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Two texts that are not well-formed may be one and the same in UTF-8, which is what a mint signs. */
function asWholeText(value: unknown, maxLength: number): string | undefined {
  const text = asText(value, maxLength);
  return text?.isWellFormed() ? text : undefined;
}

function mintUrlOf(value: unknown): string {
  const url = asText(value, maxUrlLength);
  if (url === undefined || !webAddress.test(url))
    throw new Malformed('its mint is not named by a web address');
  return url.replace(slashesAtTheEnd, '');
}

function asKeysetId(value: unknown): string | undefined {
  const id = asHex(value, 8) ?? asHex(value, 33);
  return id !== undefined && keysetVersions.test(id) ? id : undefined;
}

function asPoint(value: unknown): string | undefined {
  const hex = asHex(value, 33);
  return hex !== undefined && curve.isCompressedPoint(hex) ? hex : undefined;
}

function asDleq(value: unknown): Dleq | undefined {
  const parts = asRecord(value);
  const [e, s, r] = [asHex(parts?.['e'], 32), asHex(parts?.['s'], 32), asHex(parts?.['r'], 32)];
  return e === undefined || s === undefined || r === undefined ? undefined : { e, s, r };
}

/** In JSON it may be written as the object that the text stands for (NUT-11). */
function asWitness(value: unknown): string | undefined {
  return asWholeText(typeof value === 'string' ? value : JSON.stringify(asRecord(value)), maxWitnessLength);
}

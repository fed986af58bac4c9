import * as nip19 from 'nostr-tools/nip19';
import { invariant } from '../../models/errors.ts';
import type { Lock } from '../../models/exchange.ts';
import { isNpub } from '../../models/npub.ts';
import { asRecord, parseJson } from '../mint/wire.ts';
import { curve } from './curve.ts';

type P2pk = {
  kind: 'p2pk';
  /** Any `needed` of these, compressed hex, may spend it at any time. */
  pubkeys: string[];
  needed: number;
  /** Any `refundNeeded` of these may, too, once `locktime` is over; without any, everybody may. */
  refundKeys: string[];
  refundNeeded: number;
  /** Null: the lock holds for ever. */
  locktime: Date | null;
  sigFlag: 'SIG_INPUTS' | 'SIG_ALL';
};

/** What a proof's secret demands of whoever spends it. `unknown` is a condition of NUT-10 that we cannot meet, or a broken one. */
export type SecretLock = { kind: 'none' } | P2pk | { kind: 'unknown' };

/** Each of them may stand in a secret once (NUT-11). */
const ruleNames: ReadonlySet<string | undefined> = new Set([
  'sigflag',
  'pubkeys',
  'n_sigs',
  'locktime',
  'refund',
  'n_sigs_refund',
]);
/** As many as cashu-ts reads. Each costs a square root. */
const maxKeysPerPath = 16;
const maxUnixTime = 8_640_000_000_000;

/**
 * Reads the public key of a recipient: 33 bytes in hex, 32 bytes as Nostr writes them, or an `npub1…`.
 * @returns compressed lower-case hex; null where that names no point of the curve
 */
export function readPubkey(text: string): string | null {
  if (!isNpub(text)) return keyOf(text);
  const decoded = nip19.decode(text);
  return decoded.type === 'npub' ? keyOf(decoded.data) : null;
}

/** The secret of a proof that is locked so (NUT-10). `nonce` makes it unique, and nobody must be able to guess it. */
export function lockedSecret({ pubkey, refundPubkey, locktime }: Lock, nonce: string): string {
  invariant(refundPubkey === null || locktime !== null, 'a refund needs a locktime');
  const tags = [
    ['sigflag', 'SIG_INPUTS'],
    ...(locktime === null ? [] : [['locktime', String(Math.floor(locktime.getTime() / 1_000))]]),
    ...(refundPubkey === null ? [] : [['refund', refundPubkey]]),
  ];
  return JSON.stringify(['P2PK', { nonce, data: pubkey, tags }]);
}

/** What a secret demands. One that is not written as NUT-10 has it demands nothing. */
export function lockOf(secret: string): SecretLock {
  // Mints read it as JSON, which may begin with a blank.
  const parsed = secret.trimStart().startsWith('[') ? parseJson(secret) : undefined;
  if (!Array.isArray(parsed) || parsed.length !== 2) return { kind: 'none' };
  const [kind, content] = [parsed[0], asRecord(parsed[1])];
  const { nonce, data, tags } = content ?? {};
  if (typeof kind !== 'string' || typeof nonce !== 'string' || typeof data !== 'string') {
    return { kind: 'none' };
  }
  const rules = kind === 'P2PK' ? rulesIn(tags ?? []) : null;
  return (rules && p2pkOf(data, rules)) ?? { kind: 'unknown' };
}

/**
 * Whether one signature with the key, made by `witnessFor`, spends it at that time. Only x is compared, as signatures do not
 * know y. Signatures over a whole request (SIG_ALL) we do not make.
 */
export function mayUnlock(lock: SecretLock, publicKey: string, at: Date): boolean {
  switch (lock.kind) {
    case 'none':
      return true;
    case 'unknown':
      return false;
    case 'p2pk': {
      if (lock.sigFlag === 'SIG_ALL') return false;
      const isOneOf = (keys: readonly string[]) => keys.some((key) => xOf(key) === xOf(publicKey));
      if (lock.needed === 1 && isOneOf(lock.pubkeys)) return true;
      if (lock.locktime === null || at <= lock.locktime) return false;
      return lock.refundKeys.length === 0 || (lock.refundNeeded === 1 && isOneOf(lock.refundKeys));
    }
  }
}

/** The witness that spends a locked proof (NUT-11, SIG_INPUTS). In WebAssembly the same secret and key give the same one. */
export function witnessFor(secret: string, privateKey: Uint8Array | string): string {
  const key = typeof privateKey === 'string' ? Buffer.from(privateKey, 'hex') : privateKey;
  return JSON.stringify({ signatures: [curve.schnorrSignature(secret, key)] });
}

/** The values of the tags that we know, or null where the tags are not as NUT-10 and NUT-11 have them. */
function rulesIn(tags: unknown): Map<string, string[]> | null {
  if (!Array.isArray(tags)) return null;
  const rules = new Map<string, string[]>();
  for (const tag of tags) {
    const texts = Array.isArray(tag) ? tag.filter((text) => typeof text === 'string' && text !== '') : [];
    const [name, ...values] = texts;
    if (name === undefined || texts.length !== tag.length || rules.has(name)) return null;
    if (ruleNames.has(name)) rules.set(name, values);
  }
  return rules;
}

/** NUT-11: who breaks a rule makes ecash that nobody can spend. */
function p2pkOf(data: string, rules: ReadonlyMap<string, readonly string[]>): P2pk | null {
  const sigFlag = sigFlagOf(rules.get('sigflag'));
  const pubkeys = keysOf([data, ...(rules.get('pubkeys') ?? [])]);
  const refundKeys = keysOf(rules.get('refund') ?? []);
  if (sigFlag === null || pubkeys === null || refundKeys === null) return null;
  const needed = countOf(rules.get('n_sigs'), pubkeys.length);
  const refundNeeded = countOf(rules.get('n_sigs_refund'), refundKeys.length);
  if (needed === null || refundNeeded === null) return null;
  const locktime = timeOf(rules.get('locktime'));
  return { kind: 'p2pk', pubkeys, needed, refundKeys, refundNeeded, locktime, sigFlag };
}

function sigFlagOf(values: readonly string[] | undefined): P2pk['sigFlag'] | null {
  const flag = values === undefined ? 'SIG_INPUTS' : values[0];
  return flag === 'SIG_INPUTS' || flag === 'SIG_ALL' ? flag : null;
}

/** Different points, even by x alone: two that share it would be one signer. */
function keysOf(texts: readonly string[]): string[] | null {
  if (texts.length > maxKeysPerPath) return null;
  const keys = texts.map(keyOf).filter((key) => key !== null);
  return new Set(keys.map(xOf)).size === texts.length ? keys : null;
}

function countOf(values: readonly string[] | undefined, among: number): number | null {
  if (values === undefined) return Math.min(1, among);
  const count = wholeNumber(values[0]);
  return count !== null && count > 0 && count <= among ? count : null;
}

/** What is no time is as good as none: the lock holds for ever. */
function timeOf(values: readonly string[] | undefined): Date | null {
  const seconds = wholeNumber(values?.[0]);
  return seconds !== null && seconds > 0 && seconds < maxUnixTime ? new Date(seconds * 1_000) : null;
}

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : null;

/** A key of 33 bytes, or of 32: then the one whose y is even (BIP 340). */
function keyOf(text: string): string | null {
  const hex = text.toLowerCase();
  const compressed = hex.length === 64 ? `02${hex}` : hex;
  return curve.isCompressedPoint(compressed) ? compressed : null;
}

const xOf = (key: string): string => key.slice(-64);

import { types } from 'node:util';
import { wordlist } from '@scure/bip39/wordlists/english.js';

/**
 * Takes out of anything that is to be written down for people (logs, reports) what must not be read there: secrets by
 * the name of their property, by their type, and by their look inside strings. Nothing is shortened: a secret's first
 * ten characters are a secret too.
 */
export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

const secretNames = new Set([
  'secret',
  'secrets',
  'secrethash',
  'c',
  'dleq',
  'blindingfactor',
  'seed',
  'walletseed',
  'mnemonic',
  'entropy',
  'masterkey',
  'othermasterkeys',
  'datakey',
  'sealed',
  'privatekey',
  'privkey',
  'nsec',
  'witness',
  'password',
  'passphrase',
  'authorization',
  'bearer',
  'cookie',
  'setcookie',
  'token',
  'accesstoken',
  'encodedtoken',
  'apikey',
  'xapikey',
  'adminkey',
  'supportkey',
  'preimage',
  'requestbody',
  'rawbody',
  'mongouri',
]);

/** Where proofs and planned outputs live; a count or an amount of the same name may be told. */
const containerNames = new Set(['proof', 'proofs', 'inputs', 'outputs', 'held', 'change']);

/** What looks like a secret wherever it stands in a text. */
const secretLooks = new RegExp(
  [
    /cashu[A-Z][\w+/=-]{8,}/, // ecash
    /crk_[\w-]+|crt_[\w-]+/, // API keys and bearer tokens of ours
    /nsec1[0-9a-z]+/, // Nostr secret keys
    /(?<=:\/\/)[^\s/@]+(?=@)/, // user:password in an address
    /\b(?:Bearer|Basic|Nostr)\s+[\w+/=.-]{8,}/, // an Authorization header; looking behind for so much space would take ages
    /(?<![0-9a-f])(?:[0-9a-f]{64}){1,2}(?![0-9a-f])/, // a proof's secret, a key, a blinding factor, a preimage, a seed; Y and points have 66 digits
    /(?<![\w.])\d{40,}(?![\w])/, // a scalar in decimal, as curve libraries tell what they choked on
    /(?<![\w.])(?:[0-9a-f]{8}|[0-9a-f]{16})\.[\w+/]{38,}=*/, // a sealed text
    /\[\\*"(?:P2PK|HTLC)\\*",.*/, // a secret with a spending condition (NUT-10)
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);

const mnemonicWords = new Set(wordlist);
const fewestWords = 12;
/** So many words of three letters, and what is between them. */
const shortestMnemonic = fewestWords * 4 - 1;

/** Amounts have 64 bits at most; what is larger is a scalar. */
const largestAmount = 2n ** 64n - 1n;

const maxDepth = 6;
const maxEntries = 100;

/** Copies a value as plain JSON without its secrets; what is deeper or longer than the limits is left out, and said. */
export function redact(value: unknown, depth = 0): Plain {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value > largestAmount ? '[scalar]' : value.toString();
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
  if (types.isNativeError(value)) return describeError(value);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return '[bytes]';
  if (types.isKeyObject(value) || types.isCryptoKey(value)) return '[key]';
  if (depth >= maxDepth) return '[too deep]';
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((item) => redact(item, depth + 1));
  return redactProperties(value, depth);
}

/** Replaces what looks like a secret inside a text. */
export function redactText(text: string): string {
  return withoutMnemonics(text).replace(secretLooks, '[redacted]');
}

/**
 * Replaces each run of twelve or more words of BIP-39's list, whatever stands between them (commas, numbers). A sentence has a
 * word that is not in the list long before: neither "the", "and" nor any of two letters is.
 */
function withoutMnemonics(text: string): string {
  if (text.length < shortestMnemonic) return text;
  let left = '';
  let leftUpTo = 0;
  let run: RegExpExecArray[] = [];
  const endRun = () => {
    const [first, last] = [run[0], run.at(-1)];
    if (run.length >= fewestWords && first !== undefined && last !== undefined) {
      left += `${text.slice(leftUpTo, first.index)}[redacted]`;
      leftUpTo = last.index + last[0].length;
    }
    run = [];
  };
  for (const word of text.matchAll(/\p{L}+/gu)) {
    if (mnemonicWords.has(word[0].toLowerCase())) run.push(word);
    else endRun();
  }
  endRun();
  return left + text.slice(leftUpTo);
}

function redactProperties(value: object, depth: number): Plain {
  const kept = Object.entries(value)
    .slice(0, maxEntries)
    .filter(([name, item]) => item !== undefined && !isSecret(name, item))
    .map(([name, item]): [string, Plain] => [redactText(name), redact(item, depth + 1)]);
  return Object.fromEntries(kept);
}

function isSecret(name: string, value: unknown): boolean {
  const plainName = name.replaceAll(/[_-]/g, '').toLowerCase();
  return secretNames.has(plainName) || (containerNames.has(plainName) && typeof value === 'object');
}

/** Errors whose message is ours or the engine's own words; others (drivers, parsers) may quote what they choked on. */
const safeMessages = new Set([
  'DomainError',
  'InvariantBroken',
  'CommitUnknown',
  'TypeError',
  'ReferenceError',
  'RangeError',
]);

/**
 * An error for the log: its name, code and place. The message only where it cannot quote data; the cause in the same
 * way, never a driver's result or document.
 */
export function describeError(error: Error, depth = 0): { [name: string]: Plain } {
  const code: unknown = Reflect.get(error, 'code');
  const hasCause = types.isNativeError(error.cause) && depth < 3;
  return {
    name: error.name,
    ...(safeMessages.has(error.name) || isNetworkMessage(error)
      ? { message: redactText(error.message) }
      : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    frames: framesOf(error),
    ...(hasCause && types.isNativeError(error.cause) ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** "connect ECONNREFUSED 127.0.0.1:27017": says where and why, holds no data. */
function isNetworkMessage(error: Error): boolean {
  return /^(Mongo(ServerSelection|Network|NetworkTimeout|NotConnected)Error|MongooseServerSelectionError)$/.test(
    error.name,
  );
}

/** Where it was thrown, without the first lines of the stack, which repeat the message. */
function framesOf(error: Error): string[] {
  const lines = error.stack?.split('\n') ?? [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
}

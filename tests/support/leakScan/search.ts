import { formsOf } from './forms.ts';

/** What was found, by what it is: never the thing itself. */
export type SecretName = string;

/** Beginning and end of each form are searched for: half a secret is too much. */
const needleBytes = 16;
const windowBytes = 8;
const bits = 24;
/** "The first ten characters" of a secret, as logs of others tell them; shorter ones come about by chance. */
const shortestHead = 10;

type Needle = { bytes: Buffer; name: SecretName };

/** Looks for thousands of secrets at once, in every form that they may take. */
export function createSearch() {
  const needles = new Map<number, Needle[]>();
  const present = new Uint8Array(2 ** (bits - 3));
  const heads = new Map<string, { text: string; name: SecretName }[]>();
  const known = new Set<string>();

  /** @returns whether it is new */
  function add(name: SecretName, secret: string | Uint8Array): boolean {
    const text = typeof secret === 'string' ? secret : Buffer.from(secret).toString('hex');
    if (known.has(text)) return false;
    known.add(text);
    if (Buffer.byteLength(text) < windowBytes) throw new Error(`${name} is too short to be searched for`);
    const head = text.slice(0, shortestHead);
    heads.set(head, [...(heads.get(head) ?? []), { text, name }]);
    for (const form of formsOf(secret))
      for (const bytes of new Set([form.subarray(0, needleBytes), form.subarray(-needleBytes)]))
        if (bytes.length >= windowBytes) addNeedle({ bytes, name });
    return true;
  }

  function addNeedle(needle: Needle): void {
    const key = keyAt(needle.bytes, 0);
    present[key >>> 3] = (present[key >>> 3] ?? 0) | (1 << (key & 7));
    const same = needles.get(key);
    if (same === undefined) needles.set(key, [needle]);
    else if (!same.some(({ bytes }) => bytes.equals(needle.bytes))) same.push(needle);
  }

  /** The secrets that stand in these bytes. */
  function inBytes(haystack: Buffer): Set<SecretName> {
    const found = new Set<SecretName>();
    for (let at = 0; at <= haystack.length - windowBytes; at += 1) {
      const key = keyAt(haystack, at);
      if (((present[key >>> 3] ?? 0) & (1 << (key & 7))) === 0) continue;
      for (const { bytes, name } of needles.get(key) ?? [])
        if (haystack.subarray(at, at + bytes.length).equals(bytes)) found.add(name);
    }
    return found;
  }

  /** The same for what people read, where the beginning of a secret counts as well. */
  function inText(text: string): Set<SecretName> {
    const found = inBytes(Buffer.from(text, 'utf8'));
    for (const [word] of text.matchAll(/[\w+/=-]{10,}/g))
      for (const secret of heads.get(word.slice(0, shortestHead)) ?? [])
        if (secret.text.startsWith(word)) found.add(secret.name);
    return found;
  }

  return { add, inBytes, inText, size: () => known.size };
}

function keyAt(bytes: Buffer, at: number): number {
  const low = Math.imul(bytes.readUInt32LE(at), 0x9e3779b1);
  const high = Math.imul(bytes.readUInt32LE(at + 4), 0x85ebca6b);
  return (low ^ high ^ (high >>> 13)) >>> (32 - bits);
}

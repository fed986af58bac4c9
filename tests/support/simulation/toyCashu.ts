/**
 * Stands in for @cashu/cashu-ts in the simulation alone (hooks.mjs): the same exports with arithmetic that costs nothing
 * and protects nothing. A name is the secret in hexadecimal, blinding changes the first byte, a signature is a checksum.
 */
export const Amount = { from: <T>(amount: T): T => amount };

const hex = (secret: string): string => Buffer.from(secret, 'utf8').toString('hex').padEnd(64, '0');

/** Y of a secret of at most 32 characters. */
export const nameOf = (secret: string): string => `02${hex(secret)}`;

/** The name that the proof of a blinded message will have. */
export const nameOfBlinded = (B_: string): string => `02${B_.slice(2)}`;

/** 64 hexadecimal digits that follow from a text. */
function checksum(text: string): string {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  const digits = (hash >>> 0).toString(16).padStart(8, '0');
  return digits.repeat(8);
}

/** Public keys of a keyset, by amount. */
export function keysOf(name: string, amounts: readonly bigint[]): Record<string, string> {
  return Object.fromEntries(amounts.map((amount) => [String(amount), `02${checksum(`${name}:${amount}`)}`]));
}

export function deriveKeysetId(keys: Record<string, string>, _terms?: unknown): string {
  return `00${checksum(Object.values(keys).join()).slice(0, 4)}${checksum(Object.keys(keys).join() + Object.values(keys).join('|')).slice(0, 8)}00`;
}

/** A blind signature with its DLEQ proof, as the mint makes one, and as our side recognizes it. */
export function sign(key: string, B_: string): { C_: string; dleq: { e: string; s: string } } {
  const C_ = `02${checksum(`${key}:${B_.slice(2)}`)}`;
  return { C_, dleq: { e: checksum(`e:${key}:${C_}`), s: checksum(`s:${key}:${B_}`) } };
}

/** Whether a proof is good: what the mint checks before it takes one. */
export function isGood(key: string, secret: string, C: string): boolean {
  return C === `03${checksum(`${key}:${hex(secret)}`)}`;
}

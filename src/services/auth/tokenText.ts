import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `crk_`: an API key. `crt_`: what a signed request was exchanged for. */
export type TokenPrefix = 'crk' | 'crt';

const form = /^(crk|crt)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** Compared against where there is no such token, so that an unknown one costs what a wrong one costs. */
const noOnesHash = Buffer.alloc(32);

/** `<prefix>_<id>_<32 random bytes, base64url>`. The hash alone is stored: the secret has 256 bits, and needs no salt. */
export function makeToken(prefix: TokenPrefix): { id: string; token: string; secretHash: string } {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, token: `${prefix}_${id}_${secret}`, secretHash: sha256(secret).toString('hex') };
}

/** The parts of a token as it was sent; null if it is none of this kind. */
export function readToken(prefix: TokenPrefix, token: string): { id: string; secret: string } | null {
  const [, given, id, secret] = form.exec(token) ?? [];
  return given !== prefix || id === undefined || secret === undefined ? null : { id, secret };
}

/** In constant time. `secretHash` null = there is no such token. */
export function isSecretOf(secret: string, secretHash: string | null): boolean {
  const expected = secretHash === null ? noOnesHash : Buffer.from(secretHash, 'hex');
  return timingSafeEqual(sha256(secret), expected) && secretHash !== null;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

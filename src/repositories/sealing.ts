import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { invariant } from '../models/errors.ts';

/** Reads what was sealed. */
export type Opener = {
  /** @throws InvariantBroken when the text was sealed by a key that is not known here, for another purpose, or was changed. */
  open(sealed: string, purpose: string): string;
};

/** Encrypts what makes ecash bearer money before it reaches the database. */
export type Sealer = Opener & {
  seal(plain: string, purpose: string): string;
};

/** 32 bytes, held by the engine outside of JavaScript's memory, and the id by which sealed texts name them. */
export type SealingKey = { readonly id: string; readonly key: KeyObject };

const nonceBytes = 12;
const tagBytes = 16;

/** Hexadecimal digits of an id: a text tells by its first part which kind of key has sealed it. */
const idDigits = { master: 8, data: 16 } as const;

/** What every text begins with that a master key has sealed: data keys, and records from before there were any. */
export const sealedByMaster = /^[0-9a-f]{8}\./;

/** The id is the beginning of the key's SHA-256: it says when a key is the wrong one, and nothing of the key. */
export function sealingKey(bytes: Uint8Array, kind: keyof typeof idDigits): SealingKey {
  invariant(bytes.length === 32, `a ${kind} key must have 32 bytes`);
  const id = createHash('sha256').update(bytes).digest('hex').slice(0, idDigits[kind]);
  return { id, key: createSecretKey(bytes) };
}

/**
 * AES-256-GCM with a fresh nonce each time. A sealed text reads `keyId.base64(nonce | tag | ciphertext)`; the purpose is
 * authenticated with it, so that a text cannot be moved to another field or wallet. Seals with `key`; opens what that or
 * one of `others` has sealed.
 */
export function createSealer(key: SealingKey, others: readonly SealingKey[] = []): Sealer {
  const { open } = createOpener([key, ...others]);
  return {
    open,
    seal(plain, purpose) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key.key, nonce);
      cipher.setAAD(Buffer.from(purpose, 'utf8'));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
  };
}

/** Opens what one of these keys has sealed. */
export function createOpener(keys: readonly SealingKey[]): Opener {
  return {
    open(sealed, purpose) {
      const [sealedBy, text] = sealed.split('.');
      const found = keys.find(({ id }) => id === sealedBy);
      invariant(
        found !== undefined && text !== undefined,
        'a sealed record names another key than those that are known here',
      );
      const bytes = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', found.key, bytes.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(purpose, 'utf8'));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return (
          decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch {
        invariant(false, 'a sealed record does not open: it was changed or moved');
      }
    },
  };
}

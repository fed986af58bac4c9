import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { invariant } from '../models/errors.ts';

/** Encrypts what makes ecash bearer money before it reaches the database. */
export type Sealer = {
  /** What every text sealed by this key begins with. */
  readonly keyId: string;
  seal(plain: string, purpose: string): string;
  /** @throws InvariantBroken when the text was sealed by another key, for another purpose, or was changed. */
  open(sealed: string, purpose: string): string;
};

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM with a fresh nonce each time. A sealed text reads `keyId.base64(nonce | tag | ciphertext)`; the purpose is
 * authenticated with it, so that a text cannot be moved to another field or wallet.
 */
export function createSealer(masterKey: Uint8Array): Sealer {
  invariant(masterKey.length === 32, 'the master key must have 32 bytes');
  const keyId = createHash('sha256').update(masterKey).digest('hex').slice(0, 8);
  return {
    keyId,
    seal(plain, purpose) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce);
      cipher.setAAD(Buffer.from(purpose, 'utf8'));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${keyId}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    open(sealed, purpose) {
      const [sealedBy, text] = sealed.split('.');
      invariant(sealedBy === keyId && text !== undefined, 'a sealed record names another master key');
      const bytes = Buffer.from(text, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(0, nonceBytes));
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

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../models/apiKey.ts';
import { DomainError, invariant } from '../models/errors.ts';
import type { ApiKeyRepository } from '../repositories/apiKeys.ts';
import type { ApiKeyService } from './contracts.ts';

const tokenForm = /^crk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** Compared against where there is no such key, so that an unknown key costs what a wrong one costs. */
const noOnesHash = Buffer.alloc(32);

type Parts = { keys: ApiKeyRepository; now: () => Date };

/** API keys: `crk_<key id>_<32 random bytes, base64url>`. Only the secret's SHA-256 is stored: it has 256 bits already. */
export function createApiKeyService({ keys, now }: Parts): ApiKeyService {
  return {
    async issue(draft) {
      invariant(draft.scopes.length > 0, 'an API key needs a scope');
      invariant(
        !(draft.scopes.includes('admin') && draft.npub !== null),
        'an admin key cannot be bound to one npub',
      );
      const secret = randomBytes(32).toString('base64url');
      const key: ApiKey = {
        ...draft,
        id: randomBytes(8).toString('hex'),
        secretHash: sha256(secret).toString('hex'),
        revokedAt: null,
        createdAt: now(),
      };
      await keys.insert(key);
      return { key, token: `crk_${key.id}_${secret}` };
    },

    async authenticate(token) {
      const [, id, secret] = tokenForm.exec(token) ?? [];
      if (id === undefined || secret === undefined)
        throw refused('This is not an API key of the form crk_….');
      const key = await keys.find(id);
      const expected = key === null ? noOnesHash : Buffer.from(key.secretHash, 'hex');
      const matches = timingSafeEqual(sha256(secret), expected);
      if (key === null || !matches) throw refused('This API key is not known here.');
      if (key.revokedAt !== null) throw refused('This API key was revoked.');
      if (key.expiresAt !== null && key.expiresAt <= now()) throw refused('This API key has expired.');
      return { keyId: key.id, scopes: key.scopes, npub: key.npub };
    },
  };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

function refused(reason: string): DomainError {
  return new DomainError('UNAUTHENTICATED', 'LOW', `Nothing was done: ${reason} Ask the operator for a key.`);
}

import { type ApiKey, type Scope, scopes } from '../models/apiKey.ts';
import { invariant } from '../models/errors.ts';
import type { ApiKeyDocument } from '../models/schemas/account.ts';
import type { Database } from './database.ts';

export type ApiKeyRepository = ReturnType<typeof createApiKeyRepository>;

/** API keys as stored: hashes, never the keys. */
export function createApiKeyRepository(database: Pick<Database, 'apiKeys'>) {
  async function insert(key: ApiKey): Promise<void> {
    const document: ApiKeyDocument = {
      _id: key.id,
      secret_hash: key.secretHash,
      label: key.label,
      scopes: [...key.scopes],
      npub: key.npub,
      expires_at: key.expiresAt,
      revoked_at: key.revokedAt,
      created_at: key.createdAt,
    };
    await database.apiKeys.create([document]);
  }

  async function find(id: string): Promise<ApiKey | null> {
    const document = await database.apiKeys.findById(id).lean<ApiKeyDocument>();
    return document === null ? null : toApiKey(document);
  }

  return { insert, find };
}

function toApiKey(document: ApiKeyDocument): ApiKey {
  return {
    id: document._id,
    secretHash: document.secret_hash,
    label: document.label,
    scopes: document.scopes.map(toScope),
    npub: document.npub,
    expiresAt: document.expires_at,
    revokedAt: document.revoked_at,
    createdAt: document.created_at,
  };
}

function toScope(text: string): Scope {
  const scope = scopes.find((known) => known === text);
  invariant(scope !== undefined, 'a stored API key has a scope that does not exist');
  return scope;
}

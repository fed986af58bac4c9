import { type ApiKey, dayOf, type Scope, scopes } from '../models/apiKey.ts';
import { invariant } from '../models/errors.ts';
import type { ApiKeyDocument } from '../models/schemas/account.ts';
import type { Database } from './database.ts';
import { readOneWhole } from './whole.ts';

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
      budget_sat_per_day: key.budgetSatPerDay,
      last_used_on: key.lastUsedOn,
    };
    await database.apiKeys.create([document]);
  }

  async function find(id: string): Promise<ApiKey | null> {
    const document = await readOneWhole<ApiKeyDocument>(database.apiKeys, { _id: id });
    return document === null ? null : toApiKey(document);
  }

  /** Every key there ever was, oldest first. */
  async function all(): Promise<ApiKey[]> {
    const documents = await database.apiKeys.find().sort({ created_at: 1, _id: 1 }).lean<ApiKeyDocument[]>();
    return documents.map(toApiKey);
  }

  /** From now on the key opens nothing. @returns whether this call did it; false for one that is revoked already, or none. */
  async function revoke(id: string, at: Date): Promise<boolean> {
    const result = await database.apiKeys.updateOne(
      { _id: id, revoked_at: null },
      { $set: { revoked_at: at } },
    );
    return result.modifiedCount === 1;
  }

  /** Notes the day of the last use. */
  async function noteUse(id: string, at: Date): Promise<void> {
    await database.apiKeys.updateOne({ _id: id }, { $set: { last_used_on: dayOf(at) } });
  }

  return { insert, find, all, revoke, noteUse };
}

function toApiKey(document: ApiKeyDocument): ApiKey {
  const { budget_sat_per_day: budget } = document;
  return {
    id: document._id,
    secretHash: document.secret_hash,
    label: document.label,
    scopes: document.scopes.map(toScope),
    npub: document.npub,
    expiresAt: document.expires_at,
    revokedAt: document.revoked_at,
    createdAt: document.created_at,
    // The driver gives 64-bit integers back as numbers.
    budgetSatPerDay: budget === undefined || budget === null ? null : BigInt(budget),
    lastUsedOn: document.last_used_on ?? null,
  };
}

function toScope(text: string): Scope {
  const scope = scopes.find((known) => known === text);
  invariant(scope !== undefined, 'a stored API key has a scope that does not exist');
  return scope;
}

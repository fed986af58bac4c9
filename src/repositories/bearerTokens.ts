import type { BearerToken } from '../models/apiKey.ts';
import type { BearerTokenDocument } from '../models/schemas/access.ts';
import type { Database } from './database.ts';

export type BearerTokenRepository = ReturnType<typeof createBearerTokenRepository>;

/** Tokens given for signed requests, as stored: hashes. The database removes them some time after they have expired. */
export function createBearerTokenRepository(database: Pick<Database, 'bearerTokens'>) {
  async function insert({ id, secretHash, npub, expiresAt }: BearerToken): Promise<void> {
    await database.bearerTokens.create([{ _id: id, secret_hash: secretHash, npub, expires_at: expiresAt }]);
  }

  async function find(id: string): Promise<BearerToken | null> {
    const found = await database.bearerTokens.findById(id).lean<BearerTokenDocument>();
    if (found === null) return null;
    return { id: found._id, secretHash: found.secret_hash, npub: found.npub, expiresAt: found.expires_at };
  }

  /** @returns whether there was one */
  async function remove(id: string): Promise<boolean> {
    const { deletedCount } = await database.bearerTokens.deleteOne({ _id: id });
    return deletedCount === 1;
  }

  return { insert, find, remove };
}

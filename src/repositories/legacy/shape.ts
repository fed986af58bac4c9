import type { Connection } from 'mongoose';
import { StoreNotMigrated } from '../../models/errors.ts';

export type LegacyKind = 'token' | 'wallet';

/**
 * Where the earlier design kept its documents: the collection that it named, then the one that mongoose derives from the
 * model's name where none is. `cashu_tokens` and `wallets` are names of this version too.
 */
export const legacyCollections: Record<LegacyKind, readonly string[]> = {
  token: ['cashu_tokens', 'cashutokens'],
  wallet: ['cashu_wallets', 'cashuwallets', 'wallets'],
};

/**
 * How a document of the earlier design is told from one of this version, which always has what is missing here: a token
 * has a version, and each of its proofs a Y; a wallet has the id of its mint, if only as null.
 */
export const legacyShape: Record<LegacyKind, object> = {
  token: { $or: [{ version: { $exists: false } }, { proofs: { $elemMatch: { Y: { $exists: false } } } }] },
  wallet: { mint_id: { $exists: false } },
};

/** Ids were made by the driver then, and are text now: the index on them answers this, however large the collection. */
const legacyId = { _id: { $type: 'objectId' } };

/** Built by the first server that found the collection free of the earlier design. */
const builtIndexes = ['one_token_per_purpose', 'one_wallet_per_mint_and_unit'];

/**
 * Looks for documents of the earlier design, before any index is built: those could stand in an index's way.
 * @throws StoreNotMigrated
 */
export async function refuseUnmigrated(connection: Connection): Promise<void> {
  for (const kind of ['token', 'wallet'] as const) {
    for (const name of await presentCollections(connection, kind)) {
      const collection = connection.collection(name);
      const indexes = await collection.listIndexes().toArray();
      // A collection that a server has used before is not read as a whole at every start.
      const wasChecked = indexes.some((index) => builtIndexes.includes(String(index['name'])));
      const found = await collection.findOne(wasChecked ? legacyId : legacyShape[kind], {
        projection: { _id: 1 },
      });
      if (found !== null) throw new StoreNotMigrated(name);
    }
  }
}

/** Those of the known collections that exist. */
export async function presentCollections(connection: Connection, kind: LegacyKind): Promise<string[]> {
  const names = (await connection.listCollections()).map(({ name }) => name);
  return legacyCollections[kind].filter((name) => names.includes(name));
}

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
 * has a version, and each of its proofs a Y; a wallet has the id of its mint, if only as null. Each is worded so that an
 * index `unmigrated…` of this version answers it, which holds next to nothing, however large the collection.
 */
export const legacyShape: Record<LegacyKind, object> = {
  token: {
    $or: [{ version: null }, { proofs: { $exists: true, $elemMatch: { Y: null } }, 'proofs.Y': null }],
  },
  wallet: { $and: [{ mint_id: null }, { mint_id: { $exists: false } }] },
};

/**
 * Looks for everything that `crucible migrate` would touch, before any index is built: it could stand in an index's way.
 * The first look at a collection reads all of it; later ones are answered by the indexes that a server has built since.
 * @throws StoreNotMigrated
 */
export async function refuseUnmigrated(connection: Connection): Promise<void> {
  for (const kind of ['token', 'wallet'] as const) {
    for (const name of await presentCollections(connection, kind)) {
      const found = await connection
        .collection(name)
        .findOne(legacyShape[kind], { projection: { _id: 1 }, raw: true });
      if (found !== null) throw new StoreNotMigrated(name);
    }
  }
}

/** Those of the known collections that exist. */
export async function presentCollections(connection: Connection, kind: LegacyKind): Promise<string[]> {
  const names = (await connection.listCollections()).map(({ name }) => name);
  return legacyCollections[kind].filter((name) => names.includes(name));
}

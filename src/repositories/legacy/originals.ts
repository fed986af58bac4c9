import type { ClientSession } from 'mongoose';
import { type Origin, originName } from '../../models/legacy.ts';
import type { Database } from '../database.ts';
import { archiveScope, type Sealers } from '../dataKeys.ts';
import { openOriginal } from './archiveDocuments.ts';
import { rawBytes } from './documents.ts';
import { type LegacyKind, legacyShape } from './shape.ts';

/** Where an original is now, and what must still be so when it is moved. */
export type Place =
  | { kind: 'legacy'; collection: string; id: unknown; digest: string }
  | { kind: 'archive'; revision: number };

export type Originals = ReturnType<typeof createOriginals>;

type Entry = { collection_name: string; document_id: string; sealed: string };

/** Originals of the earlier design as the bytes that the database stored (BSON), wherever they are now. */
export function createOriginals(database: Database, sealers: Sealers) {
  const { connection, legacyTokens, legacyWallets } = database;

  /** Null where it is not there any more, or there in another revision. */
  async function at(
    kind: LegacyKind,
    origin: Origin,
    place: Place,
    session: ClientSession | null = null,
  ): Promise<Uint8Array | null> {
    if (place.kind === 'archive')
      return opened(await entry(kind, { _id: originName(origin), revision: place.revision }, session));
    const found: unknown = await connection
      .collection(place.collection)
      .findOne(stillThere(kind, place.id), { raw: true, ...(session === null ? {} : { session }) });
    return found === null ? null : rawBytes(found);
  }

  /** Where it was seen, else in the archive, whereto another run may have moved it since. */
  async function anywhere(kind: LegacyKind, origin: Origin, place: Place): Promise<Uint8Array | null> {
    return (await at(kind, origin, place)) ?? opened(await entry(kind, { _id: originName(origin) }));
  }

  async function isArchived(
    kind: LegacyKind,
    origin: Origin,
    session: ClientSession | null = null,
  ): Promise<boolean> {
    return (await entry(kind, { _id: originName(origin) }, session)) !== null;
  }

  /** An archived original by the name that reports give it. Null where the archive has none. */
  async function named(name: string): Promise<Uint8Array | null> {
    return opened((await entry('token', { _id: name })) ?? (await entry('wallet', { _id: name })));
  }

  async function entry(
    kind: LegacyKind,
    filter: { _id: string; revision?: number },
    session: ClientSession | null = null,
  ): Promise<Entry | null> {
    const wanted = { collection_name: 1, document_id: 1, sealed: 1 } as const;
    return kind === 'token'
      ? legacyTokens.findOne(filter).select(wanted).session(session).lean<Entry>()
      : legacyWallets.findOne(filter).select(wanted).session(session).lean<Entry>();
  }

  async function opened(found: Entry | null): Promise<Uint8Array | null> {
    if (found === null) return null;
    const { collection_name: collection, document_id: id, sealed } = found;
    return openOriginal(sealed, { collection, id }, await sealers.toOpen(archiveScope));
  }

  return { at, anywhere, isArchived, named };
}

/** A token of this version may have been made under the same `_id`. */
export const stillThere = (kind: LegacyKind, id: unknown): object => ({
  $and: [{ _id: { $eq: id } }, legacyShape[kind]],
});

import { createHash } from 'node:crypto';
import { mongo } from 'mongoose';
import { invariant } from '../../models/errors.ts';
import type { Origin } from '../../models/legacy.ts';

const { BSON } = mongo;

/** A document of the earlier design: what a service may read of it, and how to find it unchanged. */
export type LegacyDocument = {
  origin: Origin;
  /** Ids as text, 64-bit integers as bigint, dates as Date; anything else that JSON does not know is left out. */
  fields: Record<string, unknown>;
  original: Original;
};

/** Where it stands, its `_id` in the database's own type, and a digest of all of it. */
export type Original = { collection: string; id: unknown; digest: string };

/** `bytes`: the document as the database stores it (BSON). */
export function legacyDocument(collection: string, bytes: Uint8Array): LegacyDocument {
  const id = idIn(bytes);
  return {
    origin: { collection, id: idText(id) },
    fields: fieldsIn(bytes),
    original: { collection, id, digest: digestOf(bytes) },
  };
}

/** The bytes of a document that was read with the driver's option `raw`, whatever its type says. */
export function rawBytes(found: unknown): Uint8Array {
  invariant(found instanceof Uint8Array, 'a document was not read as the bytes that it is');
  // A copy: what the driver hands out is a window on the whole reply.
  return Uint8Array.from(found);
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Field by field, so that one that only the database understands does not hide the others. */
export function fieldsIn(bytes: Uint8Array): Record<string, unknown> {
  return Object.fromEntries(
    elementsIn(bytes).map(({ name, document }) => {
      try {
        return [name, plain(Object.values(read(document))[0])];
      } catch {
        return [name, null];
      }
    }),
  );
}

function idIn(bytes: Uint8Array): unknown {
  const found = elementsIn(bytes).find(({ name }) => name === '_id');
  invariant(found !== undefined, 'the database holds a document without an _id');
  return read(found.document)['_id'];
}

/** Each field by itself, as a document of that field alone. */
function elementsIn(bytes: Uint8Array): { name: string; document: Uint8Array }[] {
  return [...BSON.onDemand.parseToElements(bytes)].map(([_type, nameOffset, nameLength, offset, length]) => {
    const element = bytes.subarray(nameOffset - 1, offset + length);
    const document = Buffer.alloc(element.length + 5);
    document.writeInt32LE(document.length, 0);
    document.set(element, 4);
    return {
      name: Buffer.from(bytes.buffer, bytes.byteOffset + nameOffset, nameLength).toString(),
      document,
    };
  });
}

const read = (document: Uint8Array): Record<string, unknown> =>
  BSON.deserialize(document, { useBigInt64: true, bsonRegExp: true, validation: { utf8: false } });

/**
 * An `_id` as text that may be shown. ObjectIds and ordinary text stand for themselves and numbers follow a `#`; anything
 * else, which may hold a secret, is named by its digest. Two that become one (an ObjectId, and its digits as text) are told
 * apart by nobody, so the migration refuses them.
 */
function idText(id: unknown): string {
  if (id instanceof mongo.ObjectId) return id.toHexString();
  if (typeof id === 'number' || typeof id === 'bigint') return `#${id}`;
  if (typeof id === 'string' && /^[\w:.-]{1,128}$/.test(id) && !/^(cashu[AB]|nsec1|crk_)/i.test(id))
    return id;
  return `~${digestOf(BSON.serialize({ id })).slice(0, 32)}`;
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value;
  if (value instanceof mongo.ObjectId) return value.toHexString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  return '_bsontype' in value ? null : plainRecord(value);
}

function plainRecord(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

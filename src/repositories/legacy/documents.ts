import { createHash } from 'node:crypto';
import { mongo } from 'mongoose';
import type { Origin } from '../../models/legacy.ts';

const { EJSON } = mongo.BSON;

/** A document of the earlier design: what a service may read of it, and how to find it unchanged. */
export type LegacyDocument = {
  origin: Origin;
  /** Ids as text, 64-bit integers as bigint, dates as Date; anything else that JSON does not know is left out. */
  fields: Record<string, unknown>;
  original: Original;
};

/** Where it stands, its `_id` in the database's own type, and a digest of all of it. */
export type Original = { collection: string; id: unknown; digest: string };

export function legacyDocument(collection: string, raw: Record<string, unknown>): LegacyDocument {
  return {
    origin: { collection, id: idText(raw['_id']) },
    fields: plainRecord(raw),
    original: { collection, id: raw['_id'], digest: digestOf(textOf(raw)) },
  };
}

/** Every field with its type, so that the archive can give back exactly what was there. */
export const textOf = (raw: Record<string, unknown>): string => EJSON.stringify(raw, { relaxed: false });

/** Reads what `textOf` wrote. */
export function fieldsOf(text: string): Record<string, unknown> {
  return plainRecord(EJSON.parse(text, { relaxed: false }));
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function idText(id: unknown): string {
  const plainId = plain(id);
  return typeof plainId === 'string' ? plainId : EJSON.stringify(id);
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value;
  if (value instanceof mongo.ObjectId) return value.toHexString();
  if (value instanceof mongo.Long) return value.toBigInt();
  if (value instanceof mongo.Int32 || value instanceof mongo.Double) return value.valueOf();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  return '_bsontype' in value ? null : plainRecord(value);
}

function plainRecord(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

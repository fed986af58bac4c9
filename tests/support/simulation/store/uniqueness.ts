import { mongo, type Schema } from 'mongoose';
import { type Doc, type Filter, matches, valuesAt } from './match.ts';

/** A unique index, as the schema of the real collection declares it. */
export type UniqueIndex = { name: string; paths: string[]; partial: Filter | null };

/** The guards of a collection, taken from its schema: what is unique there is unique here. */
export function uniqueIndexes(schema: Pick<Schema, 'indexes'>): UniqueIndex[] {
  return schema.indexes().flatMap(([fields, options]) => {
    if (options?.unique !== true) return [];
    const partial = options.partialFilterExpression;
    return [
      {
        name: options.name ?? 'unnamed',
        paths: Object.keys(fields),
        partial: partial ? { ...partial } : null,
      },
    ];
  });
}

/** @throws MongoServerError E11000, as mongod words it, where another document stands in the way. */
export function demandUnique(
  doc: Doc,
  others: Iterable<Doc>,
  indexes: readonly UniqueIndex[],
  collection: string,
): void {
  const claims = indexes
    .map((index) => ({ index, keys: new Set(keysOf(doc, index)) }))
    .filter(({ keys }) => keys.size > 0);
  for (const other of others) {
    if (other['_id'] === doc['_id']) continue;
    for (const { index, keys } of claims) {
      if (keysOf(other, index).some((key) => keys.has(key))) throw duplicateKey(collection, index.name);
    }
  }
}

/** A document never changes, so neither do its keys. */
const keysByIndex = new WeakMap<UniqueIndex, WeakMap<Doc, string[]>>();

function keysOf(doc: Doc, index: UniqueIndex): string[] {
  const ofIndex = keysByIndex.get(index) ?? new WeakMap<Doc, string[]>();
  keysByIndex.set(index, ofIndex);
  const known = ofIndex.get(doc) ?? readKeys(doc, index);
  ofIndex.set(doc, known);
  return known;
}

function readKeys(doc: Doc, { paths, partial }: UniqueIndex): string[] {
  if (partial !== null && !matches(doc, partial, epoch)) return [];
  return paths.reduce<string[]>(
    (keys, path) => {
      const values = valuesAt(doc, path);
      return keys.flatMap((key) =>
        (values.length === 0 ? [null] : values).map((value) => `${key}|${String(value)}`),
      );
    },
    [''],
  );
}

const epoch = new Date(0);

export function duplicateKey(collection: string, index: string): Error {
  const message = `E11000 duplicate key error collection: memory.${collection} index: ${index} dup key`;
  return new mongo.MongoServerError({ message, code: 11_000 });
}

/** What mongod answers a transaction whose documents another has changed: run it again. */
export function writeConflict(): Error {
  const error = new mongo.MongoServerError({ message: 'WriteConflict', code: 112 });
  error.addErrorLabel('TransientTransactionError');
  return error;
}

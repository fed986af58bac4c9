import type { Model } from 'mongoose';
import type { Transaction } from './transaction.ts';

// What every payment asks goes past mongoose (ADR 40), whose queries cost half as much again as the driver's.

/**
 * Documents that were built here, whole and typed, are not cast and checked anew, field by field: three times the cost of the insertion
 * itself, and a tenth of a payment's. What comes from outside was checked when it came in. Fields that are undefined are left out, as
 * mongoose does.
 */
const asBuilt = { ignoreUndefined: true };

const within = (tx: Transaction | null) => (tx === null ? asBuilt : { ...asBuilt, session: tx.session });

/** Inserts one document. `tx`: null = by itself, confirmed by a majority. @throws MongoServerError 11000 by a unique index */
export async function insertWhole<T extends object>(
  { collection }: Pick<Model<T>, 'collection'>,
  document: T,
  tx: Transaction | null,
): Promise<void> {
  await collection.insertOne(document, within(tx));
}

/** Sets and takes away fields of at most one document. @returns whether there was one that fits the filter */
export async function updateWhole<T extends object>(
  { collection }: Pick<Model<T>, 'collection'>,
  filter: Partial<T>,
  update: { $set: Partial<T>; $unset?: Readonly<Record<string, number>> },
  tx: Transaction | null,
): Promise<boolean> {
  const { modifiedCount } = await collection.updateOne(filter, update, within(tx));
  return modifiedCount === 1;
}

/** What is read of some documents, and in what order. `fields`: null = all of them. */
export type Reading = {
  fields?: Readonly<Record<string, 0 | 1>>;
  sort?: Readonly<Record<string, 1 | -1>>;
  limit: number;
  hint?: string;
};

/** Documents as they are stored, at most `limit`: 64-bit integers come back as numbers. */
export function readWhole<T extends object>(
  { collection }: Pick<Model<T>, 'collection'>,
  filter: Readonly<Record<string, unknown>>,
  { fields, ...reading }: Reading,
): Promise<T[]> {
  const options = fields === undefined ? reading : { ...reading, projection: fields };
  return collection.find<T>(filter, options).toArray();
}

/** The document that fits, or null. `tx`: null = by itself, of what a majority has confirmed. */
export function readOneWhole<T extends object>(
  { collection }: Pick<Model<T>, 'collection'>,
  filter: Readonly<Record<string, unknown>>,
  tx: Transaction | null = null,
): Promise<T | null> {
  return collection.findOne<T>(filter, within(tx));
}

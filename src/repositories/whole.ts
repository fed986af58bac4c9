import type { Model } from 'mongoose';
import type { Transaction } from './transaction.ts';

/**
 * Writes documents that were built here, whole and typed, past mongoose, which would cast and check each of their fields anew: three times
 * the cost of the insertion itself, and a tenth of a payment's (ADR 40). What comes from outside was checked when it came in. Fields that are
 * undefined are left out, as mongoose does.
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

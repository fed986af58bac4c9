import type { DataKeyDocument } from '../../models/schemas/dataKey.ts';
import type { Database } from '../database.ts';
import { dataKeyPurpose, type MasterKeys, type Sealers } from '../dataKeys.ts';
import { createSealer } from '../sealing.ts';
import { createShelves } from './shelves.ts';

export type Resealing = ReturnType<typeof createResealing>;

const batchSize = 200;

/**
 * Seals anew what is under a master key, while servers work with it. Every change is a compare-and-set on one document, so
 * that it may be cut off anywhere, run twice, or run at two places at once.
 */
export function createResealing(database: Database, sealers: Sealers, { current, others }: MasterKeys) {
  const { dataKeys } = database;
  const byMaster = createSealer(current, others);
  const knownIds = [current, ...others].map(({ id }) => id);
  const shelves = createShelves(database, sealers);
  const notCurrent = { master_key_id: { $ne: current.id } };

  /** The id of a master key that a data key is sealed by and that is not known here; null where there is none. */
  async function missingKeyOfDataKeys(): Promise<string | null> {
    const dataKey = await dataKeys
      .findOne({ master_key_id: { $nin: knownIds } })
      .select({ master_key_id: 1 })
      .lean<Pick<DataKeyDocument, 'master_key_id'>>();
    return dataKey?.master_key_id ?? null;
  }

  /** The same of whatever is sealed. */
  async function missingKey(): Promise<string | null> {
    const missing = await missingKeyOfDataKeys();
    if (missing !== null) return missing;
    for (const shelf of shelves) {
      const text = await shelf.foreignText(knownIds);
      if (text !== null) return text.slice(0, current.id.length);
    }
    return null;
  }

  /** What would be lost with the other master keys, and documents that any master key has sealed directly. */
  async function countLeft(): Promise<{ dataKeys: number; records: number }> {
    const left = { dataKeys: await dataKeys.countDocuments(notCurrent), records: 0 };
    for (const shelf of shelves) left.records += await shelf.count();
    return left;
  }

  /** Seals data keys by the current master key. Tells after each batch how many it was. */
  async function* resealDataKeys(): AsyncGenerator<number> {
    for (;;) {
      const found = await dataKeys.find(notCurrent).limit(batchSize).lean<DataKeyDocument[]>();
      if (found.length === 0) return;
      const { modifiedCount } = await dataKeys.bulkWrite(found.map(resealed), { ordered: false });
      yield modifiedCount;
    }
  }

  function resealed({ _id, sealed: before }: DataKeyDocument) {
    const purpose = dataKeyPurpose(_id);
    const sealed = byMaster.seal(byMaster.open(before, purpose), purpose);
    return {
      updateOne: {
        filter: { _id, sealed: before },
        update: { $set: { sealed, master_key_id: current.id } },
      },
    };
  }

  /** Moves what master keys sealed directly under the data key of its wallet. Tells after each batch how many documents. */
  async function* moveRecords(): AsyncGenerator<number> {
    for (const shelf of shelves) yield* shelf.moveAll();
  }

  return { missingKeyOfDataKeys, missingKey, countLeft, resealDataKeys, moveRecords };
}

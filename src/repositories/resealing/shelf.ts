import type { Collection, mongo } from 'mongoose';
import { sealedByMaster } from '../sealing.ts';

/** So many documents are sealed anew and written at a time, and so many are looked through by one command. */
const batchSize = 200;
const rangeSize = 5_000;

/** A compare-and-set on one document; `null` where nothing in it is to change. */
export type Change = { filter: object; set: Record<string, string>; arrayFilters: object[] };

/** A collection whose documents hold sealed texts. */
export type Shelf = {
  /** A text that a master key other than these has sealed; null where there is none. */
  foreignText(knownIds: readonly string[]): Promise<string | null>;
  /** How many documents hold something that a master key has sealed directly. */
  count(): Promise<number>;
  /** Changes all of those, and tells after each batch how many it was. */
  moveAll(): AsyncGenerator<number>;
};

/** @param textsIn every sealed text of a document; they stand at `paths` */
export function createShelf<T extends mongo.Document & { _id: string }>(
  collection: Collection<{ _id: string }>,
  paths: readonly string[],
  textsIn: (document: T) => readonly string[],
  change: (document: T) => Promise<Change>,
): Shelf {
  /** Bounded stretches of the `_id` index, one after the other: no command looks through a whole collection. */
  async function* ranges(): AsyncGenerator<object> {
    for (let after = ''; ; ) {
      const [end] = await collection
        .find({ _id: { $gt: after } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .skip(rangeSize)
        .limit(1)
        .toArray();
      yield { _id: { $gt: after, ...(end === undefined ? {} : { $lte: end._id }) } };
      if (end === undefined) return;
      after = end._id;
    }
  }

  const holding = (text: RegExp) => ({ $or: paths.map((path) => ({ [path]: text })) });

  async function foreignText(knownIds: readonly string[]): Promise<string | null> {
    const foreign = new RegExp(`^(?!${knownIds.join('|')})[0-9a-f]{8}\\.`);
    for await (const range of ranges()) {
      const [found] = await collection
        .find<T>({ ...range, ...holding(foreign) })
        .limit(1)
        .toArray();
      const text = found === undefined ? undefined : textsIn(found).find((one) => foreign.test(one));
      if (text !== undefined) return text;
    }
    return null;
  }

  async function count(): Promise<number> {
    let sum = 0;
    for await (const range of ranges())
      sum += await collection.countDocuments({ ...range, ...holding(sealedByMaster) });
    return sum;
  }

  async function* moveAll(): AsyncGenerator<number> {
    for await (const range of ranges()) {
      for (let after = ''; ; ) {
        const found = await collection
          .find<T>({ $and: [range, { _id: { $gt: after } }, holding(sealedByMaster)] })
          .sort({ _id: 1 })
          .limit(batchSize)
          .toArray();
        const last = found.at(-1);
        if (last === undefined) break;
        yield await write(await Promise.all(found.map(changed)));
        after = last._id;
      }
    }
  }

  async function changed(document: T): Promise<Change & { _id: string }> {
    return { _id: document._id, ...(await change(document)) };
  }

  async function write(changes: readonly (Change & { _id: string })[]): Promise<number> {
    const updates = changes.map(({ _id, filter, set, arrayFilters }) => ({
      updateOne: { filter: { ...filter, _id }, update: { $set: set }, arrayFilters },
    }));
    return (await collection.bulkWrite(updates, { ordered: false })).modifiedCount;
  }

  return { foreignText, count, moveAll };
}

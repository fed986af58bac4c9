import type { Database } from './database.ts';

/** Indexes of a collection that are not as its schema says. */
export type IndexTrouble = { collection: string; missing: readonly string[]; unknown: readonly string[] };

/** Compares every index with its schema, and changes none. @throws database errors */
export async function indexTroubles({ connection }: Pick<Database, 'connection'>): Promise<IndexTrouble[]> {
  const troubles: IndexTrouble[] = [];
  for (const model of Object.values(connection.models)) {
    const { toCreate, toDrop } = await model.diffIndexes();
    const missing = toCreate.map((keys: unknown) => JSON.stringify(keys));
    if (missing.length + toDrop.length > 0)
      troubles.push({ collection: model.collection.name, missing, unknown: toDrop });
  }
  return troubles;
}

/**
 * How many indexes are missing, or stand there under other terms. One question for each collection, at most once in `maxAgeMs`:
 * whoever asks sooner is told what was found last. @throws database errors
 */
export function createMissingIndexes(database: Pick<Database, 'connection'>, maxAgeMs: number) {
  let last: { atMs: number; missing: Promise<number> } | null = null;

  async function count(): Promise<number> {
    const troubles = await indexTroubles(database);
    return troubles.reduce((sum, { missing }) => sum + missing.length, 0);
  }

  return function missingIndexes(): Promise<number> {
    if (last !== null && performance.now() - last.atMs < maxAgeMs) return last.missing;
    const look = { atMs: performance.now(), missing: count() };
    last = look;
    // What has failed is no answer: the next who asks looks again.
    look.missing.catch(() => {
      if (last === look) last = null;
    });
    return look.missing;
  };
}

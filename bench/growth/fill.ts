import type { Database } from '../../src/repositories/database.ts';

type Filled = 'tokens' | 'operations' | 'wallets' | 'dataKeys';

const batch = 10_000;

/** Puts documents into a collection as they are, many at a time. */
export async function fill<T extends { _id: string }>(
  { connection, ...models }: Database,
  of: Filled,
  documents: Iterable<T>,
): Promise<void> {
  const collection = connection.collection<{ _id: string }>(models[of].collection.name);
  for (const some of portions(documents)) await collection.insertMany(some, { ordered: false });
}

function* portions<T>(all: Iterable<T>): Generator<T[]> {
  let some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length < batch) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** So many, each made when it is its turn. */
export function* times<T>(count: number, make: (number: number) => T): Generator<T> {
  for (let number = 0; number < count; number += 1) yield make(number);
}

import { compare, type Doc, evaluate, matches } from './match.ts';

/** A document after an update: operators, or a pipeline of `$set`. */
export function changed(doc: Doc, update: unknown, now: Date): Doc {
  const next: Record<string, unknown> = { ...doc };
  if (Array.isArray(update)) {
    for (const stage of update) setAll(next, record(stage)['$set'], (value) => evaluate(value, next, now));
    return next;
  }
  for (const [operator, given] of Object.entries(record(update))) apply(next, operator, record(given), now);
  return next;
}

function apply(next: Record<string, unknown>, operator: string, given: Doc, now: Date): void {
  switch (operator) {
    case '$set':
      setAll(next, given, (value) => value);
      return;
    case '$unset':
      for (const name of Object.keys(given)) delete next[name];
      return;
    case '$inc':
      for (const [name, by] of Object.entries(given)) next[name] = Number(next[name] ?? 0) + Number(by);
      return;
    case '$pull':
      for (const [name, filter] of Object.entries(given)) {
        const list = next[name];
        if (Array.isArray(list))
          next[name] = list.filter((item) => !matches(record(item), record(filter), now));
      }
      return;
    case '$setOnInsert':
      return;
    default:
      throw new Error(`the in-memory store does not know ${operator}`);
  }
}

function setAll(next: Record<string, unknown>, given: unknown, read: (value: unknown) => unknown): void {
  for (const [name, value] of Object.entries(record(given))) {
    if (value !== undefined) next[name] = read(value);
  }
}

/** The document that an upsert inserts: the filter's equalities, then the update. */
export function upserted(filter: Doc, update: unknown, now: Date): Doc {
  return changed({ ...filter, ...record(record(update)['$setOnInsert'] ?? {}) }, update, now);
}

/** A pipeline of `$match`, `$sort`, `$limit`, `$set`, `$unset` and `$group`. */
export function aggregated(docs: readonly Doc[], pipeline: readonly unknown[], now: Date): Doc[] {
  return pipeline.reduce<Doc[]>(
    (rows, stage) => {
      const [operator = '', given] = Object.entries(record(stage))[0] ?? [];
      switch (operator) {
        case '$match':
          return rows.filter((row) => matches(row, record(given), now));
        case '$sort':
          return sorted(rows, record(given));
        case '$limit':
          return rows.slice(0, Number(given));
        case '$set':
          return rows.map((row) => changed(row, [{ $set: given }], now));
        case '$unset':
          return rows;
        case '$group':
          return grouped(rows, record(given), now);
        default:
          throw new Error(`the in-memory store does not know the stage ${operator}`);
      }
    },
    [...docs],
  );
}

export function sorted(rows: readonly Doc[], order: Doc): Doc[] {
  const keys = Object.entries(order);
  return [...rows].sort((a, b) => {
    for (const [name, direction] of keys) {
      const way = compare(a[name], b[name]) * Number(direction);
      if (way !== 0) return way;
    }
    return 0;
  });
}

function grouped(rows: readonly Doc[], { _id: key, ...sums }: Doc, now: Date): Doc[] {
  const keyOf = (row: Doc) =>
    Object.fromEntries(Object.entries(record(key)).map(([name, part]) => [name, evaluate(part, row, now)]));
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keyOf(row)));
  return [...groups.values()].map((members) => {
    const sumOf = (sum: unknown) =>
      members.reduce((total, row) => total + Number(evaluate(record(sum)['$sum'], row, now) ?? 0), 0);
    const totals = Object.entries(sums).map(([name, sum]) => [name, sumOf(sum)]);
    return { _id: keyOf(members[0] ?? {}), ...Object.fromEntries(totals) };
  });
}

export function record(value: unknown): Doc {
  if (!isDoc(value)) throw new Error('the in-memory store expected a document');
  return value;
}

const isDoc = (value: unknown): value is Doc => typeof value === 'object' && value !== null;

import { aggregated, changed, record, sorted, upserted } from './change.ts';
import { type Doc, type Filter, matches } from './match.ts';
import type { Carry } from './memoryStore.ts';
import type { MemorySession, Shelf } from './session.ts';
import { demandUnique, duplicateKey } from './uniqueness.ts';

type Options = { session?: MemorySession; sort?: Doc; upsert?: boolean; returnDocument?: 'before' | 'after' };

/** One collection in the manner of a mongoose model. Inside a transaction nothing waits: only its begin and commit do. */
export function createMemoryModel(shelf: Shelf, carry: Carry, now: () => Date) {
  let unnamed = 0;

  function run<T>(
    kind: 'read' | 'write',
    what: string,
    session: MemorySession | undefined,
    work: () => T,
  ): Promise<T> {
    if (session === undefined) return carry({ kind, what: `${shelf.name}.${what}` }, work);
    return Promise.resolve().then(work);
  }

  const docs = (session?: MemorySession): Map<unknown, Doc> => session?.view(shelf) ?? shelf.docs;

  function select(filter: Filter, session?: MemorySession): Doc[] {
    const at = now();
    const found: Doc[] = [];
    for (const doc of docs(session).values()) if (matches(doc, filter, at)) found.push(doc);
    return found;
  }

  function put(doc: Doc, session?: MemorySession): void {
    if (session !== undefined) {
      session.put(shelf, doc);
      return;
    }
    demandUnique(doc, shelf.docs.values(), shelf.indexes, shelf.name);
    shelf.docs.set(doc['_id'], doc);
    shelf.revision += 1;
  }

  function insert(given: Doc, session?: MemorySession): void {
    unnamed += 1;
    const doc =
      given['_id'] === undefined ? { ...given, _id: `${shelf.name}:${shelf.docs.size}:${unnamed}` } : given;
    if (docs(session).has(doc['_id'])) throw duplicateKey(shelf.name, '_id_');
    put(doc, session);
  }

  function query(filter: Filter, one: boolean) {
    let session: MemorySession | undefined;
    let order: Doc | null = null;
    let most = one ? 1 : Number.POSITIVE_INFINITY;
    const chain = {
      select: (_fields: unknown) => chain,
      hint: (_index: string) => chain,
      sort(by: Doc) {
        order = by;
        return chain;
      },
      limit(count: number) {
        most = count;
        return chain;
      },
      session(of: MemorySession) {
        session = of;
        return chain;
      },
      lean: () =>
        run('read', one ? 'findOne' : 'find', session, () => {
          const found = select(filter, session);
          const ordered = (order === null ? found : sorted(found, order)).slice(0, most);
          return one ? (ordered[0] ?? null) : ordered;
        }),
    };
    return chain;
  }

  function update(filter: Filter, change: unknown, many: boolean, { session }: Options = {}) {
    return run('write', many ? 'updateMany' : 'updateOne', session, () => {
      const found = select(filter, session).slice(0, many ? undefined : 1);
      for (const doc of found) put(changed(doc, change, now()), session);
      return { matchedCount: found.length, modifiedCount: found.length };
    });
  }

  function findOneAndUpdate(filter: Filter, change: unknown, options: Options = {}) {
    const work = () => {
      const found = select(filter, options.session);
      const [first] = options.sort === undefined ? found : sorted(found, options.sort);
      if (first === undefined && options.upsert !== true) return null;
      const next = first === undefined ? upserted(filter, change, now()) : changed(first, change, now());
      put(next, options.session);
      return options.returnDocument === 'before' ? (first ?? null) : next;
    };
    return { lean: () => run('write', 'findOneAndUpdate', options.session, work) };
  }

  function aggregate(pipeline: readonly unknown[]) {
    const rows = (session?: MemorySession) =>
      run('read', 'aggregate', session, () => aggregated([...docs(session).values()], pipeline, now()));
    return { hint: (_index: string) => rows(), session: (of: MemorySession) => rows(of) };
  }

  return {
    find: (filter: Filter = {}) => query(filter, false),
    findOne: (filter: Filter) => query(filter, true),
    create: (given: readonly Doc[], { session }: Options = {}) =>
      run('write', 'create', session, () => {
        for (const doc of given) insert(record(doc), session);
      }),
    updateOne: (filter: Filter, change: unknown, options?: Options) => update(filter, change, false, options),
    updateMany: (filter: Filter, change: unknown, options?: Options) => update(filter, change, true, options),
    deleteOne: (filter: Filter, { session }: Options = {}) =>
      run('write', 'deleteOne', session, () => {
        for (const doc of select(filter, session).slice(0, 1)) {
          if (session !== undefined) session.remove(shelf, doc['_id']);
          else if (shelf.docs.delete(doc['_id'])) shelf.revision += 1;
        }
      }),
    findOneAndUpdate,
    aggregate,
    collection: {
      find(filter: Filter, { sort, limit }: Options & { limit?: number }) {
        const chain = query(filter, false).limit(limit ?? Number.POSITIVE_INFINITY);
        return { toArray: (sort === undefined ? chain : chain.sort(sort)).lean };
      },
      findOne(filter: Filter, { session }: Options = {}) {
        const chain = query(filter, true);
        return (session === undefined ? chain : chain.session(session)).lean();
      },
      insertOne: (given: Doc, { session }: Options = {}) =>
        run('write', 'insertOne', session, () => insert(record(given), session)),
      updateOne: (filter: Filter, change: unknown, options?: Options) =>
        update(filter, change, false, options),
    },
  };
}

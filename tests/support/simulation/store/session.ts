import type { Doc } from './match.ts';
import { demandUnique, type UniqueIndex, writeConflict } from './uniqueness.ts';

/** A collection's committed documents by `_id`, and what keeps them unique. */
export type Shelf = {
  name: string;
  docs: Map<unknown, Doc>;
  indexes: readonly UniqueIndex[];
  revision: number;
};

type Pending = { view: Map<unknown, Doc>; base: Map<unknown, Doc | undefined> };

/**
 * One transaction: snapshot reads, private writes, all or nothing at the commit. Who commits first wins; the other meets
 * a write conflict, as a transaction does in MongoDB that has touched what another has changed.
 */
export class MemorySession {
  #pending: Map<Shelf, Pending> | null = null;
  #committed = false;
  readonly #commitThrough: (apply: () => void) => Promise<void>;

  constructor(commitThrough: (apply: () => void) => Promise<void>) {
    this.#commitThrough = commitThrough;
  }

  startTransaction(): void {
    this.#pending = new Map();
    this.#committed = false;
  }

  inTransaction(): boolean {
    return this.#pending !== null && !this.#committed;
  }

  async commitTransaction(): Promise<void> {
    await this.#commitThrough(() => this.#commit());
  }

  async abortTransaction(): Promise<void> {
    this.#pending = null;
  }

  async endSession(): Promise<void> {
    this.#pending = null;
  }

  /** The documents as this transaction sees them. */
  view(shelf: Shelf): Map<unknown, Doc> {
    return this.#of(shelf).view;
  }

  put(shelf: Shelf, doc: Doc): void {
    const { view, base } = this.#of(shelf);
    const id = doc['_id'];
    if (!base.has(id)) base.set(id, shelf.docs.get(id));
    demandUnique(doc, view.values(), shelf.indexes, shelf.name);
    view.set(id, doc);
  }

  remove(shelf: Shelf, id: unknown): void {
    const { view, base } = this.#of(shelf);
    if (!base.has(id)) base.set(id, shelf.docs.get(id));
    view.delete(id);
  }

  #of(shelf: Shelf): Pending {
    if (this.#pending === null) throw new Error('no transaction is under way');
    const known = this.#pending.get(shelf);
    if (known !== undefined) return known;
    const begun = { view: new Map(shelf.docs), base: new Map() };
    this.#pending.set(shelf, begun);
    return begun;
  }

  /** Harmless if repeated, like a commit that is sent again because its answer was lost. */
  #commit(): void {
    if (this.#committed || this.#pending === null) return;
    for (const [shelf, { view, base }] of this.#pending) {
      for (const [id, before] of base) if (shelf.docs.get(id) !== before) throw writeConflict();
      for (const id of base.keys()) this.#demandUnique(shelf, view.get(id), base);
    }
    for (const [shelf, { view, base }] of this.#pending) {
      if (base.size > 0) shelf.revision += 1;
      for (const id of base.keys()) {
        const doc = view.get(id);
        if (doc === undefined) shelf.docs.delete(id);
        else shelf.docs.set(id, doc);
      }
    }
    this.#committed = true;
  }

  /** What others have inserted since: the rerun will be told which key it is. */
  #demandUnique(shelf: Shelf, doc: Doc | undefined, base: ReadonlyMap<unknown, unknown>): void {
    if (doc === undefined) return;
    const others = [...shelf.docs.values()].filter((other) => !base.has(other['_id']));
    try {
      demandUnique(doc, others, shelf.indexes, shelf.name);
    } catch {
      throw writeConflict();
    }
  }
}

import { apply } from './apply.ts';
import type { Change } from './changes.ts';
import type { Journal } from './journal.ts';
import { emptyState, type ReadonlyState, type State } from './state.ts';

/** The state with its journal: write down, apply, tell. */
export class Store {
  readonly #state: State = emptyState();
  readonly #journal: Journal;
  readonly #listeners = new Set<(change: Change) => void>();
  #closed = false;

  constructor(journal: Journal) {
    this.#journal = journal;
    for (const change of journal.earlier) apply(this.#state, change);
  }

  get state(): ReadonlyState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#closed;
  }

  commit(change: Change): void {
    if (this.#closed) throw new Error('the simulator is closed');
    this.#journal.append(change);
    apply(this.#state, change);
    for (const listener of this.#listeners) listener(change);
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#journal.close();
  }
}

/** What must hold in every run and on every replay of a journal. */
export function assert(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(`simulator invariant broken: ${rule}`);
}

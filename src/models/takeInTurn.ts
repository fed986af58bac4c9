/** At most `limit` items, one of each list in turn, so that a long list leaves room for the others. */
export function takeInTurn<T>(lists: readonly (readonly T[])[], limit: number): T[] {
  const taken: T[] = [];
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0);
  for (let turn = 0; turn < longest && taken.length < limit; turn += 1) {
    taken.push(...lists.flatMap((list) => list.slice(turn, turn + 1)).slice(0, limit - taken.length));
  }
  return taken;
}

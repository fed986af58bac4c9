/**
 * The name that somebody most likely meant: the one that the fewest slips lead away from.
 * @returns null where more than a third of the characters would have to change, or nothing is near
 */
export function nearestName(wrong: string, names: readonly string[]): string | null {
  const ranked = names
    .map((name) => ({ name, slips: slipsBetween(wrong, name) }))
    .toSorted((one, other) => one.slips - other.slips);
  const [nearest] = ranked;
  if (nearest === undefined) return null;
  return nearest.slips <= Math.max(wrong.length, nearest.name.length) / 3 ? nearest.name : null;
}

/** Levenshtein's distance: characters left out, put in or mistaken. */
export function slipsBetween(one: string, other: string): number {
  const empty = Array.from({ length: other.length + 1 }, (_, length) => length);
  const last = [...one].reduce(
    (above, character, index) => nextRow(above, character, index + 1, other),
    empty,
  );
  return last.at(-1) ?? 0;
}

/** The distances between `one` up to this character and every beginning of `other`. */
function nextRow(above: readonly number[], character: string, first: number, other: string): number[] {
  const row = [first];
  for (const [index, wanted] of [...other].entries()) {
    const [left = 0, up = 0, diagonal = 0] = [row[index], above[index + 1], above[index]];
    row.push(Math.min(left + 1, up + 1, diagonal + (character === wanted ? 0 : 1)));
  }
  return row;
}

/** How long an odd state, which nothing that we may do can end, must last before a person is called: mints err for a moment. */
export const oddForMs = 3_600_000;
/**
 * Two looks that are no farther apart are near each other. After a longer time without one, an odd state must be seen twice
 * before anything is done about it. Well above the longest wait between two looks of a melt or a minting.
 */
export const nearMs = 1_200_000;

/** First and last of the looks in which something was odd, with no long time between two of them. */
export type OddSpell = { since: Date; lastAt: Date };

/** The spell with one look more; a new one where the last look before it is long past. */
export function oddAgain(before: OddSpell | null, at: Date): OddSpell {
  const belongs = before !== null && at.getTime() - before.lastAt.getTime() <= nearMs;
  return { since: belongs ? before.since : at, lastAt: at };
}

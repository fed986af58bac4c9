/** Adds what is only good to know. At most so many are known: one more, and all others are forgotten. */
export function remember(known: Set<string>, id: string, most: number): void {
  if (known.size >= most) known.clear();
  known.add(id);
}

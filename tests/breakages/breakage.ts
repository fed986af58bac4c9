/** A mistake in the money code that somebody could make, and the test that must not let it pass. */
export type Breakage = {
  /** A story: what would be wrong. */
  name: string;
  /** Each text is in its file exactly once. What stands behind another guard is only broken together with it. */
  edits: { file: string; find: string; replace: string }[];
  caughtBy: string;
  /** Part of the test's name; only what matches is run. */
  test: string;
};

/** One edit of a file. */
export const edit = (file: string, find: string, replace: string): Breakage['edits'][number] => ({
  file,
  find,
  replace,
});

/** Where a crash can strike: just before something leaves, once it took effect, or with its reply lost on the way back. */
export const modes = ['before', 'after', 'lost'] as const;
export type Mode = (typeof modes)[number];

/** What a server under test is to do at its I/O: tell all that passes, or meet its fate at one place. */
export type Order = { kind: 'record' } | { kind: 'crash'; boundary: string; mode: Mode };

/** One cell of the matrix. A boundary reads `db commitTransaction #2` or `mint POST /v1/swap #1`. */
export type Place = { boundary: string; mode: Mode };

/** The name under which a cell is printed and can be run again alone. */
export const cellName = (scenario: string, { boundary, mode }: Place): string =>
  `${scenario}/${boundary}/${mode}`;

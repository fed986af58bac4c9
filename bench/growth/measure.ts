import type { Database } from '../../src/repositories/database.ts';
import { rounded } from '../table.ts';

/** The median of its times, and what the database examined for it once. */
export type Measured = { ms: number; keys: number; documents: number };

const runs = 9;

/** Does something a few times, the first of which counts for nothing, and once more under the database's profiler. */
export async function measured(
  { connection }: Pick<Database, 'connection'>,
  act: () => Promise<unknown>,
): Promise<Measured> {
  const times: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const begun = performance.now();
    await act();
    if (run > 0) times.push(performance.now() - begun);
  }
  const ms = times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
  return { ms, ...(await examined(connection, act)) };
}

async function examined(
  { db }: Database['connection'],
  act: () => Promise<unknown>,
): Promise<Omit<Measured, 'ms'>> {
  if (db === undefined) throw new Error('not connected');
  await db.command({ profile: 2, slowms: 0 });
  await act();
  await db.command({ profile: 0 });
  const profile = db.collection<{ ns: string; keysExamined?: number; docsExamined?: number }>(
    'system.profile',
  );
  const entries = await profile.find({ ns: { $not: /system\./ } }).toArray();
  await profile.drop();
  const sum = (of: 'keysExamined' | 'docsExamined') => entries.reduce((all, one) => all + (one[of] ?? 0), 0);
  return { keys: sum('keysExamined'), documents: sum('docsExamined') };
}

/** For a cell of a table: ms · keys · documents. */
export const cellOf = ({ ms, keys, documents }: Measured): string =>
  `${rounded(ms)} · ${keys} · ${documents}`;

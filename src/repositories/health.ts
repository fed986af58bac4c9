import { within } from '../timing.ts';
import type { Database } from './database.ts';

/**
 * Asks the database whether it takes writes now (command `hello`, MongoDB manual; a mongos answers the same way).
 * @returns false where it does not answer within `limitMs`
 */
export async function isDatabaseWritable(
  database: Pick<Database, 'connection'>,
  limitMs: number,
): Promise<boolean> {
  const { db } = database.connection;
  if (db === undefined) return false;
  const asked = db
    .admin()
    .command({ hello: 1 })
    .then(
      (answer) => answer['isWritablePrimary'] === true,
      () => false,
    );
  return within(limitMs, asked, () => false);
}

/**
 * How the database answers now (command `hello`): whether it takes writes, how long that took, and how far its clock is ahead
 * of ours, by the middle of that time. @throws driver errors
 */
export async function takePulse(
  database: Pick<Database, 'connection'>,
  now: () => Date,
): Promise<{ isWritable: boolean; seconds: number; clockAheadSeconds: number }> {
  const startedMs = performance.now();
  const answer = await database.connection.getClient().db('admin').command({ hello: 1 });
  const seconds = (performance.now() - startedMs) / 1_000;
  const theirs: unknown = answer['localTime'];
  const theirMs = theirs instanceof Date ? theirs.getTime() : Number.NaN;
  return {
    isWritable: answer['isWritablePrimary'] === true,
    seconds,
    clockAheadSeconds: (theirMs - now().getTime()) / 1_000 + seconds / 2,
  };
}

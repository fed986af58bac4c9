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
  return firstOf(asked, limitMs);
}

async function firstOf(answer: Promise<boolean>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

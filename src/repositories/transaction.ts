import type { ClientSession, Connection } from 'mongoose';
import { mongo } from 'mongoose';
import { pause } from '../timing.ts';

/** The commit was sent but not confirmed: it may stand or not. Read back before anything else. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('the database did not confirm a commit', { cause });
    this.name = 'CommitUnknown';
  }
}

/** Marks every multi-document write as one that is passed a session; a repository's writer demands it. */
export type Transaction = { readonly session: ClientSession };

/**
 * Runs beside others that keep writing to the same documents. Their waits, 200 ms on average, add up to about seven seconds: more than it
 * takes until the transaction of a server that was killed is ended (deadTransactions.ts).
 */
const maxAttempts = 40;
const longestWaitMs = 400;
const maxCommits = 8;
/** By a clock that is never set: one that is put right in the middle must not end our patience. */
const deadlineMs = 10_000;

/**
 * Runs `work` in one MongoDB transaction: snapshot reads, majority and journalled commit. `work` may run more than once
 * (write conflicts, elections), so it calls no mint and derives no outputs. Other errors abort and are thrown as they are.
 * @throws CommitUnknown when the commit's outcome could not be learnt within the deadline.
 */
export async function runTransaction<T>(
  connection: Connection,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs;
  const session = await connection.startSession();
  try {
    for (let attempt = 1; ; attempt += 1) {
      session.startTransaction({
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true, wtimeoutMS: deadlineMs },
        readPreference: 'primary',
      });
      try {
        const result = await work({ session });
        await commit(session, giveUpAt);
        return result;
      } catch (error) {
        if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
        const isTransient = hasLabel(error, 'TransientTransactionError') || wasEndedFromOutside(error);
        const mayRepeat = isTransient && !(error instanceof CommitUnknown);
        if (!mayRepeat || attempt >= maxAttempts || performance.now() > giveUpAt) throw error;
        await pause(Math.random() * Math.min(longestWaitMs, 2 ** attempt * 5));
      }
    }
  } finally {
    await session.endSession();
  }
}

/** Commits; repeats while the driver says that the outcome is unknown and that repeating is safe. */
async function commit(session: ClientSession, giveUpAt: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      // A commit that failed for a known reason (a write conflict found late) changed nothing: the caller may rerun.
      if (hasLabel(error, 'TransientTransactionError') && !hasLabel(error, 'UnknownTransactionCommitResult'))
        throw error;
      if (attempt >= maxCommits || performance.now() > giveUpAt) throw new CommitUnknown(error);
      await pause(50 * attempt);
    }
  }
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof mongo.MongoError && error.hasErrorLabel(label);
}

/** A command of the transaction ran when its session was killed (deadTransactions.ts), which has aborted it. */
function wasEndedFromOutside(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_601;
}

/** The unique index that a write ran into, or null if the error is another one. */
export function duplicateKeyIndex(error: unknown): string | null {
  if (!(error instanceof mongo.MongoServerError) || error.code !== 11_000) return null;
  const named = /index: (\S+)/.exec(error.message)?.[1];
  return named ?? 'unknown';
}

/** Other transactions kept writing to the same documents until there was no patience left. Nothing of ours stands. */
export function isWriteConflict(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 112;
}

import type { ClientSession } from 'mongoose';
import { mongo } from 'mongoose';
import { NoTurn } from '../models/fairTurns.ts';
import { pause } from '../timing.ts';
import type { Database } from './database.ts';

/** The commit was sent but not confirmed: it may stand or not. Read back before anything else. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('the database did not confirm a commit', { cause });
    this.name = 'CommitUnknown';
  }
}

/** Marks every multi-document write as one that is passed a session; a repository's writer demands it. */
export type Transaction = { readonly session: ClientSession };

/** Where transactions are run, and the turns that they wait for. */
export type Transacting = Pick<Database, 'connection' | 'turns'>;

/**
 * Runs beside others that keep writing to the same documents. Their waits, 200 ms on average, add up to about seven seconds: more than it
 * takes until the transaction of a server that was killed is ended (deadTransactions.ts).
 */
const maxAttempts = 40;
const longestWaitMs = 400;
const maxCommits = 8;
/** Until a turn must have come, and from then on. By a clock that is never set: one that is put right must not end our patience. */
const deadlineMs = 10_000;
/** So many of a wallet's transactions may wait before what is new is refused. */
const maxInLine = 500;

/**
 * Runs `work` in one MongoDB transaction, once it is this wallet's turn: snapshot reads, majority and journalled commit. `work` may
 * run more than once (write conflicts, elections), so it calls no mint, derives no outputs and begins no other transaction.
 * Other errors abort and are thrown as they are.
 * @throws CommitUnknown when the commit's outcome could not be learnt within the deadline; NoTurn when nothing was begun within it
 */
export async function runTransaction<T>(
  { connection, turns }: Transacting,
  walletId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  let begunMs: number | null = null;
  const leftMs = () => deadlineMs - (begunMs === null ? 0 : performance.now() - begunMs);
  let last: unknown = null;
  const session = await connection.startSession();
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // For each try a turn of its own: nothing is locked while this waits, and no place is taken while it pauses.
        return await turns.inTurn(walletId, leftMs(), () => {
          begunMs ??= performance.now();
          return runOnce(session, work, leftMs);
        });
      } catch (error) {
        // No turn for another try: what stopped the last one is what stands.
        if (error instanceof NoTurn && last !== null) throw last;
        last = error;
        const isTransient = hasLabel(error, 'TransientTransactionError') || wasEndedFromOutside(error);
        const mayRepeat = isTransient && !(error instanceof CommitUnknown);
        if (!mayRepeat || attempt >= maxAttempts || leftMs() < 0) throw error;
        await pause(Math.random() * Math.min(longestWaitMs, 2 ** attempt * 5));
      }
    }
  } finally {
    await session.endSession();
  }
}

/**
 * The same for what is new, or only asks. What is under way, such as the booking of a payment, may always wait: that is no more
 * than what was let in here.
 * @throws NoTurn also where too many of this wallet wait already; nothing was begun
 */
export async function runTransactionIfRoom<T>(
  database: Transacting,
  walletId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (database.turns.waiting(walletId) >= maxInLine) throw new NoTurn(`${maxInLine} wait already`);
  return runTransaction(database, walletId, work);
}

/** One try: all of it, or nothing is left of it. */
async function runOnce<T>(
  session: ClientSession,
  work: (tx: Transaction) => Promise<T>,
  leftMs: () => number,
): Promise<T> {
  session.startTransaction({
    readConcern: { level: 'snapshot' },
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: deadlineMs },
    readPreference: 'primary',
  });
  try {
    const result = await work({ session });
    await commit(session, leftMs);
    return result;
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    throw error;
  }
}

/** Commits; repeats while the driver says that the outcome is unknown and that repeating is safe. */
async function commit(session: ClientSession, leftMs: () => number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      // A commit that failed for a known reason (a write conflict found late) changed nothing: the caller may rerun.
      if (hasLabel(error, 'TransientTransactionError') && !hasLabel(error, 'UnknownTransactionCommitResult'))
        throw error;
      if (attempt >= maxCommits || leftMs() < 0) throw new CommitUnknown(error);
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

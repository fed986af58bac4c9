import type { Connection } from 'mongoose';
import { mongo } from 'mongoose';
import { DatabaseUnfit } from '../models/databaseUnfit.ts';

const probeLimitMs = 10_000;

/**
 * Makes sure, before anything else is asked of a database, that what it confirms is kept: transactions with snapshot reads,
 * and writes that a majority has journalled. Writes nothing. Needs no privilege beyond `readWrite`; the set's configuration
 * is looked at where the user may see it.
 * @throws DatabaseUnfit
 */
export async function refuseUnfitDatabase(connection: Connection): Promise<void> {
  assertOwnConcerns(connection.getClient().options);
  const admin = connection.getClient().db('admin');
  const hello = await admin.command({ hello: 1 });
  const isMongos = hello['msg'] === 'isdbgrid';
  if (!isMongos && typeof hello['setName'] !== 'string')
    throw new DatabaseUnfit(
      'names a standalone mongod, which has no transactions. Crucible needs a replica set, if only of one member: start mongod with --replSet rs0, run rs.initiate() in mongosh once, and add ?replicaSet=rs0 to the address.',
    );
  if (!isMongos) await assertJournalledMajority(admin);
  await assertWritesAreKept(connection);
  await assertSnapshotReads(connection);
}

/** What an address may carry (`?w=1`) must not take the place of ours. */
function assertOwnConcerns({ writeConcern, readConcern, readPreference }: mongo.MongoOptions): void {
  const { w, journal, j } = writeConcern ?? {};
  if (w !== 'majority' || !(journal ?? j))
    throw new DatabaseUnfit(
      'sets a write concern of its own. Take w, journal and wtimeoutMS out of it: every write must be journalled by a majority.',
    );
  if (readConcern?.level !== 'majority' || readPreference?.mode !== 'primary')
    throw new DatabaseUnfit(
      'sets a read concern or read preference of its own. Take readConcernLevel and readPreference out of it: decisions read what a majority has, on the primary.',
    );
}

async function assertJournalledMajority(admin: mongo.Db): Promise<void> {
  const found = await admin.command({ replSetGetConfig: 1 }).catch(unlessForbidden);
  if (found?.['config']?.writeConcernMajorityJournalDefault !== false) return;
  throw new DatabaseUnfit(
    'names a replica set with writeConcernMajorityJournalDefault: false, which calls a write kept that a power cut can take back. Set it to true by rs.reconfig(), and give every member a journal.',
  );
}

const unauthorized = 13;

function unlessForbidden(error: unknown): null {
  if (error instanceof mongo.MongoServerError && error.code === unauthorized) return null;
  throw error;
}

/** A write that matches nothing waits all the same until everything before it is journalled by a majority. */
async function assertWritesAreKept(connection: Connection): Promise<void> {
  try {
    await connection
      .collection('deployment')
      .updateOne(
        { _id: { $exists: false } },
        { $set: { probe: true } },
        { writeConcern: { w: 'majority', journal: true, wtimeoutMS: probeLimitMs }, maxTimeMS: probeLimitMs },
      );
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || !isConcernRefused(error)) throw error;
    throw new DatabaseUnfit(
      `names a database that does not confirm a write as journalled by a majority of its members (${error.codeName ?? error.code}). Bring the missing members back, and give each a journal.`,
    );
  }
}

/** Without a journal: BadValue. A majority that is never heard of: WriteConcernFailed, UnsatisfiableWriteConcern. */
const concernCodes = [2, 64, 79, 100];

function isConcernRefused(error: mongo.MongoServerError): boolean {
  return error instanceof mongo.MongoWriteConcernError || concernCodes.includes(Number(error.code));
}

async function assertSnapshotReads(connection: Connection): Promise<void> {
  const session = await connection.startSession();
  try {
    session.startTransaction({
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: probeLimitMs },
      readPreference: 'primary',
    });
    await connection.collection('deployment').findOne({}, { session, projection: { _id: 1 } });
    await session.commitTransaction();
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    if (!(error instanceof mongo.MongoServerError) || !refusals.includes(Number(error.code))) throw error;
    throw new DatabaseUnfit(
      `names a database without transactions that read snapshots (${error.codeName ?? error.code}). Crucible needs MongoDB 6 or newer with WiredTiger.`,
    );
  } finally {
    await session.endSession();
  }
}

/** IllegalOperation, CommandNotSupported, InvalidOptions, ReadConcernMajorityNotEnabled, OperationNotSupportedInTransaction. */
const refusals = [20, 115, 72, 148, 263];

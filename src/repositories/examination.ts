import type { QueryFilter } from 'mongoose';
import type { BackendTrouble } from '../models/backendTrouble.ts';
import type { Operation } from '../models/operation.ts';
import type { Profile } from '../models/profile.ts';
import type { Severity } from '../models/report.ts';
import type { DataKeyDocument } from '../models/schemas/dataKey.ts';
import type { AttemptDocument, OperationDocument } from '../models/schemas/operation.ts';
import { connectDatabase, type Database } from './database.ts';
import { createSealers, type MasterKeys } from './dataKeys.ts';
import { createDeploymentRepository } from './deployment.ts';
import { refuseUnfitDatabase } from './durability.ts';
import { indexTroubles } from './indexes.ts';
import { refuseUnmigrated } from './legacy/shape.ts';
import { createOperationStories } from './operationStories.ts';
import { createOverviewReads } from './overview.ts';
import { createRecentOperations } from './recentOperations.ts';
import { createReportListRepository } from './reportList.ts';
import { refuseWrongMasterKeys } from './resealing/startCheck.ts';

/** Operations that are in one state, the oldest by its id. */
export type Standing = { kind: Operation['kind']; state: string; count: number; oldestId: string };

export type OpenReports = { severity: Severity; count: number; codes: readonly string[] };

/**
 * What a mint said when it answered a request with an error: the trouble that its words told of then, and, where it refused a
 * payment for good, its own words.
 */
export type RefusalTold = {
  mintUrl: string;
  transactionId: string;
  trouble: BackendTrouble | null;
  detail: string | null;
};

type ReadRefusal = Pick<OperationDocument, '_id' | 'mint_url' | 'created_at'> & {
  details?: { failure?: { detail: string | null } | null };
  attempts?: Pick<AttemptDocument, 'trouble'>[];
};

const lookWithinMs = 5_000;
const sampledKeys = 100;
const refusalsRead = 500;
/** A busy server has more in a day than can be read in seconds. */
const paymentsRead = 5_000;

/** States that wait for people outside: an invoice that nobody has paid yet, a token that nobody has claimed. */
const waitsForOthers = ['awaiting_payment', 'sent'];

/** The wallet is named for the index alone: all that have ended need not be read. */
export const openBefore = (before: Date): QueryFilter<OperationDocument> => ({
  wallet_id: { $gt: '' },
  open: true,
  created_at: { $lt: before },
  state: { $nin: waitsForOthers },
});
/** The same. */
export const waitsForPerson: QueryFilter<OperationDocument> = {
  wallet_id: { $gt: '' },
  state: 'needs_attention',
};

export type ExaminationReads = Awaited<ReturnType<typeof openForExamination>>;

/** Connects for `crucible doctor`, to a database in whatever condition, and writes nothing. */
export async function openForExamination(uri: string, masters: MasterKeys) {
  const database = await connectDatabase(uri);
  return { ...createReads(database, masters), close: database.close };
}

function createReads(database: Database, masters: MasterKeys) {
  const { connection, operations, reports, dataKeys } = database;

  /** @throws DatabaseUnfit, StoreNotMigrated */
  async function refuseUnfit(): Promise<void> {
    await refuseUnfitDatabase(connection);
    await refuseUnmigrated(connection);
  }

  /** The database's clock (command `hello`), as of the moment of its answer. */
  async function clock(): Promise<Date | null> {
    const answer = await connection.getClient().db('admin').command({ hello: 1 });
    return answer['localTime'] instanceof Date ? answer['localTime'] : null;
  }

  /**
   * Opens some of the data keys, whichever they are.
   * @returns how many
   * @throws WrongMasterKey, InvariantBroken where one does not open
   */
  async function openDataKeys(): Promise<number> {
    await refuseWrongMasterKeys(database, masters);
    const sealers = createSealers(database, masters);
    const some = await dataKeys
      .aggregate<Pick<DataKeyDocument, '_id'>>([{ $sample: { size: sampledKeys } }, { $project: { _id: 1 } }])
      .option({ maxTimeMS: lookWithinMs });
    for (const { _id } of some) await sealers.toOpen(_id);
    return some.length;
  }

  const standing = (match: QueryFilter<OperationDocument>): Promise<Standing[]> =>
    operations
      .aggregate<Standing>([
        { $match: match },
        { $sort: { created_at: 1 } },
        {
          $group: {
            _id: { kind: '$kind', state: '$state' },
            count: { $sum: 1 },
            oldestId: { $first: '$_id' },
          },
        },
        { $project: { _id: 0, kind: '$_id.kind', state: '$_id.state', count: 1, oldestId: 1 } },
        { $sort: { kind: 1, state: 1 } },
      ])
      .option({ maxTimeMS: lookWithinMs });

  /** Operations that the workers should have ended long ago. */
  const openSince = (before: Date): Promise<Standing[]> => standing(openBefore(before));

  const waitingForPerson = (): Promise<Standing[]> => standing(waitsForPerson);

  const openReports = (): Promise<OpenReports[]> =>
    reports
      .aggregate<OpenReports>([
        { $match: { status: 'open' } },
        { $group: { _id: '$severity', count: { $sum: 1 }, codes: { $addToSet: '$code' } } },
        {
          $project: {
            _id: 0,
            severity: '$_id',
            count: 1,
            codes: { $sortArray: { input: '$codes', sortBy: 1 } },
          },
        },
      ])
      .option({ maxTimeMS: lookWithinMs });

  /** The latest first, of some thousands of payments and mintings. Found by their ids, which tell the time (drafting.ts). */
  async function refusalsSince(from: Date): Promise<RefusalTold[]> {
    const told = [
      { 'details.failure.detail': { $type: 'string' } },
      { 'attempts.trouble': { $exists: true } },
    ];
    const latest = (prefix: string) =>
      operations
        .aggregate<ReadRefusal>([
          { $match: { _id: { $gte: `${prefix}${from.getTime()}`, $lt: `${prefix}:` } } },
          { $sort: { _id: -1 } },
          { $limit: paymentsRead },
          { $match: { $or: told } },
          { $limit: refusalsRead },
          { $project: { mint_url: 1, created_at: 1, 'details.failure.detail': 1, 'attempts.trouble': 1 } },
        ])
        .option({ maxTimeMS: lookWithinMs });
    const found = (await Promise.all([latest('tx_melt_'), latest('tx_mint_')])).flat();
    return found
      .toSorted((one, other) => other.created_at.getTime() - one.created_at.getTime())
      .slice(0, refusalsRead)
      .map(({ _id, mint_url, details, attempts }) => ({
        mintUrl: mint_url,
        transactionId: _id,
        trouble: attempts?.findLast(({ trouble }) => trouble !== undefined)?.trouble ?? null,
        detail: details?.failure?.detail ?? null,
      }));
  }

  const owner = (): Promise<Profile | null> => createDeploymentRepository(database, () => new Date()).owner();

  return {
    refuseUnfit,
    indexTroubles: () => indexTroubles(database),
    clock,
    openDataKeys,
    openSince,
    waitingForPerson,
    openReports,
    refusalsSince,
    owner,
    ...createRecentOperations(database),
    ...createOverviewReads(database),
    latestReports: createReportListRepository(database).latest,
    story: createOperationStories(database).story,
  };
}

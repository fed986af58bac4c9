import type { Operation } from '../models/operation.ts';
import type { Database } from './database.ts';

/** Operations that have not ended, or wait for a person, by what they are and how old the oldest is. */
export type OpenOperations = {
  kind: Operation['kind'];
  state: string;
  count: number;
  oldestAt: Date;
  oldestId: string;
};

/** How far the audit log is sealed; null = nothing is, or waits. */
export type SealingState = { lastSealedAt: Date | null; unsealed: number; oldestUnsealedAt: Date | null };

const lookWithinMs = 5_000;

/** What `crucible status` shows of a database. Reads alone. */
export function createOverviewReads({
  connection,
  operations,
  seals,
  unsealed,
}: Pick<Database, 'connection' | 'operations' | 'seals' | 'unsealed'>) {
  async function databaseVersion(): Promise<string> {
    const answer = await connection.getClient().db('admin').command({ buildInfo: 1 });
    return String(answer['version']);
  }

  /** The wallet is named for the index alone. */
  const openOperations = (): Promise<OpenOperations[]> =>
    operations
      .aggregate<OpenOperations>([
        { $match: { $or: [{ open: true, due_at: { $gt: new Date(0) } }, attention] } },
        { $sort: { created_at: 1 } },
        {
          $group: {
            _id: { kind: '$kind', state: '$state' },
            count: { $sum: 1 },
            oldestAt: { $first: '$created_at' },
            oldestId: { $first: '$_id' },
          },
        },
        { $project: { _id: 0, kind: '$_id.kind', state: '$_id.state', count: 1, oldestAt: 1, oldestId: 1 } },
        { $sort: { kind: 1, state: 1 } },
      ])
      .option({ maxTimeMS: lookWithinMs, allowDiskUse: true });

  async function sealing(): Promise<SealingState> {
    const options = { maxTimeMS: lookWithinMs, sort: { _id: -1 } as const };
    const last = await seals.collection.findOne({}, { ...options, projection: { sealed_at: 1 } });
    const oldest = await unsealed.collection.findOne({}, { ...options, sort: { _id: 1 } });
    const lastSealedAt: unknown = last?.['sealed_at'];
    return {
      lastSealedAt: lastSealedAt instanceof Date ? lastSealedAt : null,
      unsealed: await unsealed.collection.estimatedDocumentCount({ maxTimeMS: lookWithinMs }),
      oldestUnsealedAt: oldest?._id.getTimestamp() ?? null,
    };
  }

  return { databaseVersion, openOperations, sealing };
}

const attention = { state: 'needs_attention', wallet_id: { $gt: '' } };

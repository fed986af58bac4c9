import type { Operation } from '../models/operation.ts';
import type { Severity } from '../models/report.ts';
import type { OperationCount, SolvencyCount, Standing } from '../models/standing.ts';
import type { Database } from './database.ts';
import { createSharedCount, type Question } from './sharedCount.ts';

type Group = { _id: { kind: Operation['kind']; state: string }; count: number; oldest: Date };
type SolvencyGroup = {
  _id: { mint: string; unit: string };
  wallets: number;
  unverified: number;
  withGap: number;
  booked: bigint | number;
  verified: bigint | number;
  oldest: Date | null;
};

/** Questions that follow an index to a few documents. */
const often = { everyMs: 5_000, limitMs: 2_000 };
/** For the question that walks all wallets. */
const longestMs = 10_000;

/** Counts what metrics tell of the database: each question by itself, once for all instances, however many there are. */
export function createStandings(database: Database, solvencyEveryMs: number, mintUrls: readonly string[]) {
  const shared = <T>(question: Question<T>) => createSharedCount(database, question);
  const operations = shared({ name: 'operations', ...often, ask: countOperations });
  const reports = shared({ name: 'reports', ...often, ask: reportsBySeverity });
  const unsealed = shared({ name: 'unsealed', ...often, ask: countUnsealed });
  const recovering = shared({ name: 'recovering', ...often, ask: countRecovering });
  const solvency = shared({
    name: 'solvency',
    everyMs: solvencyEveryMs,
    limitMs: longestMs,
    ask: solvencyByMint,
  });

  /** Answers in a few seconds, and never throws. */
  async function latest(now: Date): Promise<Standing> {
    const [ofOperations, ofReports, ofUnsealed, ofRecovering, ofSolvency] = await Promise.all([
      operations(now),
      reports(now),
      unsealed(now),
      recovering(now),
      solvency(now),
    ]);
    return {
      operations: ofOperations,
      reports: ofReports,
      unsealed: ofUnsealed,
      recovering: ofRecovering,
      solvency: ofSolvency,
    };
  }

  async function countOperations(): Promise<OperationCount[]> {
    const [open, waiting] = await Promise.all([
      byState({ open: true }, 'open_by_state'),
      byState({ state: 'needs_attention', wallet_id: { $gt: '' } }, 'waits_for_person'),
    ]);
    return [...open, ...waiting];
  }

  async function countUnsealed(): Promise<number> {
    return database.unsealed.estimatedDocumentCount().maxTimeMS(often.limitMs);
  }

  async function countRecovering(): Promise<number> {
    return database.wallets
      .countDocuments({ 'recovery.due_at': { $exists: true } })
      .hint('recoveries_at_mint')
      .maxTimeMS(often.limitMs);
  }

  async function byState(match: Record<string, unknown>, index: string): Promise<OperationCount[]> {
    const groups = await database.operations
      .aggregate<Group>([
        { $match: match },
        {
          $group: {
            _id: { kind: '$kind', state: '$state' },
            count: { $sum: 1 },
            oldest: { $min: '$created_at' },
          },
        },
      ])
      .hint(index)
      .option({ maxTimeMS: often.limitMs });
    return groups.map(({ _id, count, oldest }) => ({ ..._id, count, oldestAt: oldest }));
  }

  function reportsBySeverity(): Promise<{ severity: Severity; count: number }[]> {
    return database.reports
      .aggregate<{ severity: Severity; count: number }>([
        { $match: { status: 'open' } },
        { $group: { _id: '$severity', count: { $sum: 1 } } },
        { $project: { _id: 0, severity: '$_id', count: 1 } },
      ])
      .hint('latest_by_status_and_severity')
      .option({ maxTimeMS: often.limitMs });
  }

  /** Of mints that are served: nobody looks at the wallets of others, so that they would be called late and unverified for ever. */
  async function solvencyByMint(): Promise<SolvencyCount[]> {
    const groups = await database.wallets
      .aggregate<SolvencyGroup>([
        { $match: { mint_url: { $in: [...mintUrls] } } },
        {
          $group: {
            _id: { mint: '$mint_url', unit: '$unit' },
            wallets: { $sum: 1 },
            unverified: { $sum: { $cond: [{ $gt: ['$solvency_at', null] }, 0, 1] } },
            withGap: { $sum: { $cond: [{ $ne: ['$solvency_booked', '$solvency_verified'] }, 1, 0] } },
            booked: { $sum: '$solvency_booked' },
            verified: { $sum: '$solvency_verified' },
            oldest: { $min: '$solvency_at' },
          },
        },
      ])
      .hint('solvency_at_mint')
      .option({ maxTimeMS: longestMs });
    return groups.map(({ _id, wallets, unverified, withGap, booked, verified, oldest }) => ({
      mintUrl: _id.mint,
      unit: _id.unit,
      wallets,
      unverified,
      withGap,
      booked: BigInt(booked),
      verified: BigInt(verified),
      oldestAt: oldest,
    }));
  }

  return { latest };
}

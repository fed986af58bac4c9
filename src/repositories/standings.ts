import type { Operation } from '../models/operation.ts';
import type { Severity } from '../models/report.ts';
import type { Standing } from '../models/standing.ts';
import type { Database } from './database.ts';
import { fromJson, toJson } from './json.ts';
import { duplicateKeyIndex } from './transaction.ts';

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

/** Each question is given up after this. */
const patienceMs = 2_000;

/**
 * Counts what metrics tell of the database. Whoever of all instances asks first after `maxAgeMs` counts, the others read what
 * came of it: however many there are, it is counted once in that time.
 */
export function createStandings(database: Database, maxAgeMs: number, mintUrls: readonly string[]) {
  /** The latest; null while nobody has counted yet. @throws database errors as they are */
  async function latest(now: Date): Promise<Standing | null> {
    if (!(await claim(now))) return stored();
    const standing = await count(now);
    await database.standings
      .updateOne({ _id: 'latest' }, { $set: { counted: toJson(standing) } })
      .maxTimeMS(patienceMs);
    return standing;
  }

  /** @returns whether this instance shall count */
  async function claim(now: Date): Promise<boolean> {
    const before = new Date(now.getTime() - maxAgeMs);
    const after = new Date(now.getTime() + maxAgeMs);
    try {
      const { matchedCount, upsertedCount } = await database.standings
        .updateOne(
          // One from the future is of a server whose clock is wrong: nobody waits for that time to come.
          { _id: 'latest', $or: [{ claimed_at: { $lte: before } }, { claimed_at: { $gt: after } }] },
          { $set: { claimed_at: now } },
          { upsert: true, setDefaultsOnInsert: false },
        )
        .maxTimeMS(patienceMs);
      return matchedCount + upsertedCount === 1;
    } catch (error) {
      // There is one, and it is young enough.
      if (duplicateKeyIndex(error) === '_id_') return false;
      throw error;
    }
  }

  async function stored(): Promise<Standing | null> {
    const found = await database.standings
      .findById('latest')
      .maxTimeMS(patienceMs)
      .lean<{ counted?: string }>();
    return found?.counted === undefined ? null : fromJson<Standing>(found.counted);
  }

  async function count(at: Date): Promise<Standing> {
    const [open, waiting, openReports, unsealedEvents, recovering, solvency] = await Promise.all([
      byState({ open: true }, 'open_by_state'),
      byState({ state: 'needs_attention', wallet_id: { $gt: '' } }, 'waits_for_person'),
      reportsBySeverity(),
      database.unsealed.estimatedDocumentCount().maxTimeMS(patienceMs),
      database.wallets
        .countDocuments({ 'recovery.due_at': { $exists: true } })
        .hint('recoveries_at_mint')
        .maxTimeMS(patienceMs),
      solvencyByMint(),
    ]);
    return { at, operations: [...open, ...waiting], openReports, unsealedEvents, recovering, solvency };
  }

  async function byState(
    match: Record<string, unknown>,
    index: string,
  ): Promise<Standing['operations'][number][]> {
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
      .option({ maxTimeMS: patienceMs });
    return groups.map(({ _id, count, oldest }) => ({ ..._id, count, oldestAt: oldest }));
  }

  function reportsBySeverity(): Promise<Standing['openReports'][number][]> {
    return database.reports
      .aggregate<{ severity: Severity; count: number }>([
        { $match: { status: 'open' } },
        { $group: { _id: '$severity', count: { $sum: 1 } } },
        { $project: { _id: 0, severity: '$_id', count: 1 } },
      ])
      .hint('latest_by_status_and_severity')
      .option({ maxTimeMS: patienceMs });
  }

  /** Of mints that are served: nobody looks at the wallets of others, so that they would be called late and unverified for ever. */
  async function solvencyByMint(): Promise<Standing['solvency'][number][]> {
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
      .option({ maxTimeMS: patienceMs });
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

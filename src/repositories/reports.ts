import type { QueryFilter } from 'mongoose';
import { invariant } from '../models/errors.ts';
import { finishedStates } from '../models/operation.ts';
import { overWithOperation, type ReportDraft, type ReportStatus } from '../models/report.ts';
import type { ReportDocument } from '../models/schemas/account.ts';
import type { Database } from './database.ts';
import { duplicateKeyIndex } from './transaction.ts';

/** An incident to be written: one draft that was met `count` times. `details` are already free of secrets. */
export type Incident = {
  supportId: string;
  draft: Omit<ReportDraft, 'requestId'>;
  requestIds: readonly string[];
  count: number;
  at: Date;
  lastAt: Date;
};

const maxRequestIds = 20;
const maxRaces = 5;
/** So many open reports are compared with their operations at once: thousands may wait for days, each with its report. */
const maxCompared = 500;
/** Until the server has seen the end, whatever a person has called it. */
const notOver: ReportStatus[] = ['open', 'resolved'];
const endedStates = finishedStates.filter((state) => state !== 'needs_attention');

/** What the mint's words told of its backend: the latest is what people have to act on. */
function toldOfBackend({ details }: Incident['draft'], at: Date) {
  const trouble = details?.['backendTrouble'];
  return trouble === undefined ? null : { 'details.backendTrouble': trouble, 'details.backendToldAt': at };
}

export type ReportRepository = ReturnType<typeof createReportRepository>;

/** Error reports: at most one is open per incident, by a unique index. */
export function createReportRepository(database: Pick<Database, 'reports' | 'operations'>) {
  /**
   * Opens a report or counts the incident in the one that is open. A closed or resolved one with the same supportId is opened
   * again, unless it was closed or resolved after the incident.
   * @returns the supportId of the report, which may be an older one.
   */
  async function file(incident: Incident): Promise<string> {
    for (let race = 1; ; race += 1) {
      try {
        return await upsert(incident);
      } catch (error) {
        const index = duplicateKeyIndex(error);
        if (index === null || race >= maxRaces) throw error;
        // Where it is another index, another instance opened it meanwhile: now there is one to count in.
        if (index === '_id_' && (await countInEnded(incident))) return incident.supportId;
      }
    }
  }

  /** @returns false where it is open by now */
  async function countInEnded({ supportId, draft, requestIds, count, lastAt }: Incident): Promise<boolean> {
    const counted = {
      $inc: { count },
      $max: { last_at: lastAt },
      $push: { request_ids: { $each: [...requestIds], $slice: -maxRequestIds } },
    };
    const endedBefore = [
      { status: 'closed' as const, closed_at: { $lt: lastAt } },
      { status: 'resolved' as const, resolved_at: { $lt: lastAt } },
    ];
    const reopened = await database.reports.updateOne(
      { _id: supportId, $or: endedBefore },
      {
        ...counted,
        $set: { ...toldOfBackend(draft, lastAt), status: 'open', closed_at: null, closed_how: null },
      },
    );
    if (reopened.matchedCount === 1) return true;
    const ended = { _id: supportId, status: { $ne: 'open' as const } };
    return (await database.reports.updateOne(ended, counted)).matchedCount === 1;
  }

  async function upsert({ supportId, draft, requestIds, count, at, lastAt }: Incident): Promise<string> {
    const told = toldOfBackend(draft, lastAt);
    // Apart from counting, and before it: the details are those of the first, and done twice it does no harm.
    if (told !== null)
      await database.reports.updateOne(
        { dedupe_key: draft.dedupeKey, status: 'open', last_at: { $lte: lastAt } },
        { $set: told },
      );
    const report = await database.reports
      .findOneAndUpdate(
        { dedupe_key: draft.dedupeKey, status: 'open' },
        {
          $setOnInsert: {
            _id: supportId,
            severity: draft.severity,
            code: draft.code,
            npub: draft.npub ?? null,
            wallet_id: draft.walletId ?? null,
            transaction_id: draft.transactionId ?? null,
            quote_id: draft.quoteId ?? null,
            summary: draft.summary,
            details: draft.details ?? {},
            other_ids: [],
            at,
            closed_at: null,
            closed_how: null,
          },
          $inc: { count },
          $max: { last_at: lastAt },
          $push: { request_ids: { $each: [...requestIds], $slice: -maxRequestIds } },
        },
        { upsert: true, returnDocument: 'after', setDefaultsOnInsert: false, projection: { _id: 1 } },
      )
      .lean<{ _id: string }>();
    invariant(report !== null, 'an upserted report is not there');
    return report._id;
  }

  /** Lets a report be found under supportIds that were told before it could be written. */
  async function alsoKnownAs(supportId: string, otherIds: readonly string[]): Promise<void> {
    await database.reports.updateOne(
      { _id: supportId },
      { $addToSet: { other_ids: { $each: [...otherIds] } } },
    );
  }

  /** Closes the open report of an incident, if there is one, and those that a person has called resolved: it is over. */
  async function close(dedupeKey: string, how: string, at: Date): Promise<void> {
    const closed = { $set: { status: 'closed' as const, closed_at: at, closed_how: how } };
    await database.reports.updateOne({ dedupe_key: dedupeKey, status: 'open' }, closed);
    await database.reports.updateMany({ dedupe_key: dedupeKey, status: 'resolved' }, closed);
  }

  /** The same, where it was not met since `before`. */
  async function closeUnmet(dedupeKey: string, before: Date, how: string, at: Date): Promise<void> {
    const closed = { $set: { status: 'closed' as const, closed_at: at, closed_how: how } };
    for (const status of notOver)
      await database.reports.updateMany({ dedupe_key: dedupeKey, status, last_at: { $lt: before } }, closed);
  }

  /** The dedupe keys of all reports of one code, severity HIGH, that are not closed. Meant for codes that few are of at a time. */
  async function openKeys(code: string): Promise<string[]> {
    const open = await database.reports
      .find({ status: { $in: notOver }, severity: 'HIGH', code })
      .select({ dedupe_key: 1 })
      .lean<{ dedupe_key: string }[]>();
    return open.map(({ dedupe_key }) => dedupe_key);
  }

  /** Whether a supportId has been given to a report beside its own. */
  async function isOtherId(supportId: string): Promise<boolean> {
    return (
      (await database.reports.exists({ other_ids: supportId, 'other_ids.0': { $exists: true } })) !== null
    );
  }

  /** The next call goes on here. */
  let comparedUpTo = '';

  /**
   * Closes reports that were about an operation being open, and it is no more. Whoever ends an operation closes them at
   * once; this is for one that died in between, and for a report that came late. Each call takes the next few hundred.
   * @returns how many
   */
  async function closeOfEnded(at: Date): Promise<number> {
    const compared = await database.reports
      .find({ _id: { $gt: comparedUpTo }, status: { $in: notOver }, code: { $in: [...overWithOperation] } })
      .select({ _id: 1 })
      .sort({ _id: 1 })
      .limit(maxCompared)
      .lean<{ _id: string }[]>();
    const ids = compared.map(({ _id }) => _id);
    comparedUpTo = ids.length < maxCompared ? '' : (ids.at(-1) ?? '');
    const ended = await database.reports.aggregate<{ _id: string; state: string }>([
      { $match: { _id: { $in: ids } } },
      {
        $lookup: {
          from: database.operations.collection.name,
          localField: 'transaction_id',
          foreignField: '_id',
          pipeline: [{ $project: { state: 1 } }],
          as: 'operation',
        },
      },
      { $match: { 'operation.state': { $in: endedStates } } },
      { $project: { state: { $first: '$operation.state' } } },
    ]);
    for (const { _id, state } of ended) {
      const how = `The operation ended as ${state}.`;
      await database.reports.updateOne(
        { _id, status: { $in: notOver } },
        { $set: { status: 'closed', closed_at: at, closed_how: how } },
      );
    }
    return ended.length;
  }

  /**
   * Removes reports that were closed, or called resolved, before that moment and not met since. Each call takes the next few
   * hundred; open ones are never touched. @returns how many
   */
  async function forgetEnded(before: Date): Promise<number> {
    const ended: QueryFilter<ReportDocument>[] = [
      { status: 'closed', last_at: { $lt: before }, closed_at: { $lt: before } },
      { status: 'resolved', last_at: { $lt: before }, resolved_at: { $lt: before } },
    ];
    let count = 0;
    for (const where of ended) {
      const found = await database.reports
        .find(where)
        .select({ _id: 1 })
        .limit(maxCompared)
        .hint('latest_by_status')
        .lean<{ _id: string }[]>();
      // One that is met again meanwhile is open again, and stays.
      const { deletedCount } = await database.reports.deleteMany({
        ...where,
        _id: { $in: found.map(({ _id }) => _id) },
      });
      count += deletedCount;
    }
    return count;
  }

  return { file, alsoKnownAs, close, closeUnmet, openKeys, isOtherId, closeOfEnded, forgetEnded };
}

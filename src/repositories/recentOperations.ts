import type { OperationDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';

/** A payment that has ended, or is paid and waits for its change alone. Times as its own timeline tells them. */
export type RecentMelt = {
  state: string;
  /** Why it was not paid; null where it was, or nobody knows. */
  cause: string | null;
  /** How long the mint took for its quote; null where that was not noted. */
  quoteMs: number | null;
  /** From the request to pay until the payment was known; null where it was not paid. */
  settlementMs: number | null;
};

/** How many operations have come to a state. */
export type StateCount = { state: string; count: number };

type Read = Pick<OperationDocument, '_id' | 'state' | 'timeline'> & {
  details: { failure: { cause: string } | null; quote: { tookMs?: number } };
};

const lookWithinMs = 5_000;
const meltsRead = 500;
const operationsCounted = 10_000;
/** Kinds that somebody has asked for. Their ids tell the time, so an index finds those of a day. */
const prefixes = ['tx_melt_', 'tx_mint_', 'tx_send_', 'tx_receive_'];
/** Open still, and come to what was asked for. */
const asGoodAsEnded = ['paid', 'sent'];

/** What operations of late have come to. Reads alone, and no more than some thousands. */
export function createRecentOperations({ operations }: Pick<Database, 'operations'>) {
  const since = (prefix: string, from: Date) => ({
    _id: { $gte: `${prefix}${from.getTime()}`, $lt: `${prefix}:` },
  });
  const ended = { $or: [{ open: { $ne: true as const } }, { state: { $in: asGoodAsEnded } }] };

  /** The latest of those that were begun since then, some hundreds at most. */
  async function recentMelts(from: Date): Promise<RecentMelt[]> {
    const found = await operations
      .find({ ...since('tx_melt_', from), ...ended })
      .select({ state: 1, timeline: 1, 'details.failure.cause': 1, 'details.quote.tookMs': 1 })
      .sort({ _id: -1 })
      .limit(meltsRead)
      .maxTimeMS(lookWithinMs)
      .lean<Read[]>();
    return found.map(({ state, timeline, details }) => ({
      state,
      cause: details.failure?.cause ?? null,
      quoteMs: details.quote.tookMs ?? null,
      settlementMs: settlementMs(timeline),
    }));
  }

  /** Of all kinds that somebody has asked for, by state; ten thousand operations at most. */
  const recentStates = (from: Date): Promise<StateCount[]> =>
    operations
      .aggregate<StateCount>([
        { $match: { $and: [{ $or: prefixes.map((prefix) => since(prefix, from)) }, ended] } },
        { $limit: operationsCounted },
        { $group: { _id: '$state', count: { $sum: 1 } } },
        { $project: { _id: 0, state: '$_id', count: 1 } },
      ])
      .option({ maxTimeMS: lookWithinMs });

  return { recentMelts, recentStates };
}

function settlementMs(timeline: OperationDocument['timeline']): number | null {
  const asked = timeline.find(({ state }) => state === 'melting');
  const known = timeline.find(({ state }) => state === 'paid' || state === 'settled');
  return asked === undefined || known === undefined ? null : known.at.getTime() - asked.at.getTime();
}

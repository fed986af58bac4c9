import type { PipelineStage } from 'mongoose';

type Countable = { aggregate<Row>(pipeline: PipelineStage[]): PromiseLike<Row[]> };

/** More than that are told by no report. */
const maxMints = 100;

/** How many documents match, by the address of their mint. */
export async function countByMint(
  documents: Countable,
  matching: PipelineStage.Match['$match'],
): Promise<Map<string, number>> {
  const found = await documents.aggregate<{ _id: string; count: number }>([
    { $match: matching },
    { $group: { _id: '$mint_url', count: { $sum: 1 } } },
    { $sort: { _id: 1 } },
    { $limit: maxMints },
  ]);
  return new Map(found.map(({ _id, count }) => [_id, count]));
}

import type { Database } from './database.ts';

export type SignedRequestRepository = ReturnType<typeof createSignedRequestRepository>;

/** Which signed requests (NIP-98) have been used, for all instances. */
export function createSignedRequestRepository(database: Pick<Database, 'signedRequests'>) {
  /**
   * Uses an event up, majority and journalled. Its time is the database's, which also decides when it is forgotten: a
   * server's own clock might have it forgotten at once.
   * @returns whether this call was the first, on whatever instance
   */
  async function claim(eventId: string): Promise<boolean> {
    const result = await database.signedRequests.updateOne(
      { _id: eventId },
      [{ $set: { used_at: { $ifNull: ['$used_at', '$$NOW'] } } }],
      { upsert: true, updatePipeline: true },
    );
    return result.upsertedCount === 1;
  }

  async function isUsed(eventId: string): Promise<boolean> {
    return (await database.signedRequests.exists({ _id: eventId })) !== null;
  }

  return { claim, isUsed };
}

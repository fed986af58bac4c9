import type { OperationStory } from '../models/operation.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';

/** All that is read of a document: neither the owner's own words nor anything sealed. */
const told = {
  kind: 1,
  npub: 1,
  wallet_id: 1,
  mint_url: 1,
  state: 1,
  open: 1,
  created_at: 1,
  timeline: 1,
} as const;

type Told = Pick<
  OperationDocument,
  '_id' | 'kind' | 'npub' | 'wallet_id' | 'mint_url' | 'state' | 'open' | 'created_at' | 'timeline'
>;

export type OperationStories = ReturnType<typeof createOperationStories>;

/** What support may see of any wallet's operations. Reads alone. */
export function createOperationStories({ operations }: Pick<Database, 'operations'>) {
  /** @returns null where there is none of that id */
  async function story(id: string): Promise<OperationStory | null> {
    const found = await operations.findById(id).select(told).lean<Told>();
    if (found === null) return null;
    return {
      id: found._id,
      kind: found.kind,
      npub: found.npub,
      walletId: found.wallet_id,
      mintUrl: found.mint_url,
      state: found.state,
      isOpen: found.open === true,
      createdAt: found.created_at,
      timeline: found.timeline,
    };
  }

  return { story };
}

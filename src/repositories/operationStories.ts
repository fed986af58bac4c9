import type { OperationStory } from '../models/operation.ts';
import type { AttemptDocument, OperationDocument } from '../models/schemas/operation.ts';
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
  'attempts.trouble': 1,
  'attempts.ended_at': 1,
  'details.failure.cause': 1,
} as const;

type Told = Pick<
  OperationDocument,
  '_id' | 'kind' | 'npub' | 'wallet_id' | 'mint_url' | 'state' | 'open' | 'created_at' | 'timeline'
> & {
  attempts: Pick<AttemptDocument, 'trouble' | 'ended_at'>[];
  details?: { failure?: { cause: string } | null };
};

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
      isWrittenOff: found.state === 'written_off' || found.details?.failure?.cause === 'WRITTEN_OFF',
      createdAt: found.created_at,
      timeline: found.timeline,
      trouble: latestTrouble(found.attempts),
    };
  }

  return { story };
}

/** By the attempt that was answered last. */
function latestTrouble(attempts: Told['attempts']): OperationStory['trouble'] {
  const endedMs = (attempt: Told['attempts'][number] | undefined) => attempt?.ended_at?.getTime() ?? 0;
  const last = attempts.toSorted((a, b) => endedMs(a) - endedMs(b)).at(-1);
  return last?.trouble === undefined || last.ended_at === null
    ? null
    : { kind: last.trouble, at: last.ended_at };
}

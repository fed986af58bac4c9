import type { QueryFilter } from 'mongoose';
import type { PlannedOutput } from '../models/proof.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { readAttempt } from './operationDocuments.ts';
import type { Opener } from './sealing.ts';

/** Whether the operation that an output belongs to will end by itself, or waits for a person. */
export type InHand = 'open' | 'stopped';

type WithAttempts = Pick<OperationDocument, '_id' | 'attempts'> & { details?: { booked?: boolean } };

/** Looks at outputs that operations have in hand, and no token yet. */
export function createOutputsInHand(database: Pick<Database, 'operations'>, sealers: Sealers) {
  /**
   * Which of these outputs, by B_, belong to an operation that has not ended: its proofs are nobody else's. Looks through all
   * such operations that have outputs, however many there are: one left out would be credited twice.
   */
  async function inHand(walletId: string, names: ReadonlySet<string>): Promise<Map<string, InHand>> {
    const owners = new Map<string, InHand>();
    const look = async (filter: QueryFilter<OperationDocument>, index: string, how: InHand) => {
      const found = database.operations
        .find({ wallet_id: walletId, ...filter })
        .select({ attempts: 1, 'details.booked': 1 })
        .hint(index)
        .lean<WithAttempts>()
        .cursor();
      for await (const document of found) {
        // After the document: it may have been sealed by a data key that was made only just before.
        const opener = await sealers.toOpen(walletScope(walletId));
        for (const { B_ } of outputsOf(document, opener)) if (names.has(B_)) owners.set(B_, how);
      }
    };
    // In this order: what stops meanwhile is seen at least once.
    await look({ open: true, 'attempts.0': { $exists: true } }, 'open_with_outputs', 'open');
    await look({ state: 'needs_attention' }, 'waits_for_person', 'stopped');
    return owners;
  }

  /** Those of a token that is out, and of what the wallet kept of its swap, stand in tokens. */
  const outputsOf = ({ _id, attempts, details }: WithAttempts, opener: Opener): PlannedOutput[] =>
    attempts
      .filter(({ purpose }) => details?.booked !== true || purpose !== 'swap')
      .flatMap((attempt) => readAttempt(attempt, _id, opener).outputs);

  return { inHand };
}

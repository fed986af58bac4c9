import type { QueryFilter } from 'mongoose';
import type { PlannedOutput } from '../models/proof.ts';
import type { OperationDocument } from '../models/schemas/operation.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { readAttempt } from './operationDocuments.ts';
import type { Opener } from './sealing.ts';
import { runTransaction, type Transacting, type Transaction } from './transaction.ts';

/** Whether the operation that an output belongs to will end by itself, or waits for a person. */
export type InHand = 'open' | 'stopped';

const indexFor: Record<InHand, string> = { open: 'open_with_outputs', stopped: 'waits_for_person' };

type WithAttempts = Pick<OperationDocument, '_id' | 'attempts'> & { details?: { booked?: boolean } };

/** Looks at outputs that operations have in hand, and no token yet. */
export function createOutputsInHand(database: Transacting & Pick<Database, 'operations'>, sealers: Sealers) {
  /**
   * Which of these outputs, by B_, belong to an operation that has not ended: its proofs are nobody else's. Looks through all
   * such operations that have outputs, however many there are: one left out would be credited twice. All as they are at one
   * moment, since a person's decision has what was stopped go on.
   */
  async function inHand(walletId: string, names: ReadonlySet<string>): Promise<Map<string, InHand>> {
    const found = await runTransaction(database, walletId, async (tx) => [
      ...(await read(tx, walletId, { open: true, 'attempts.0': { $exists: true } }, 'open')),
      ...(await read(tx, walletId, { state: 'needs_attention' }, 'stopped')),
    ]);
    const owners = new Map<string, InHand>();
    if (found.length === 0) return owners;
    // After the documents: they may have been sealed by a data key that was made only just before.
    const opener = await sealers.toOpen(walletScope(walletId));
    for (const { document, how } of found)
      for (const { B_ } of outputsOf(document, opener)) if (names.has(B_)) owners.set(B_, how);
    return owners;
  }

  async function read(
    tx: Transaction,
    walletId: string,
    filter: QueryFilter<OperationDocument>,
    how: InHand,
  ): Promise<{ document: WithAttempts; how: InHand }[]> {
    const documents = database.operations
      .find({ wallet_id: walletId, ...filter })
      .session(tx.session)
      .select({ attempts: 1, 'details.booked': 1 })
      .hint(indexFor[how])
      .lean<WithAttempts>()
      .cursor();
    const found: { document: WithAttempts; how: InHand }[] = [];
    for await (const document of documents) found.push({ document, how });
    return found;
  }

  /** Those of a token that is out, and of what the wallet kept of its swap, stand in tokens. */
  const outputsOf = ({ _id, attempts, details }: WithAttempts, opener: Opener): PlannedOutput[] =>
    attempts
      .filter(({ purpose }) => details?.booked !== true || purpose !== 'swap')
      .flatMap((attempt) => readAttempt(attempt, _id, opener).outputs);

  return { inHand };
}

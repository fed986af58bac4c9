import type { PlannedOutput } from '../models/proof.ts';
import type { AttemptDocument } from '../models/schemas/operation.ts';
import { takeInTurn } from '../models/takeInTurn.ts';
import { unbookedOutputs } from '../models/unbookedOutputs.ts';
import type { Database } from './database.ts';
import { type Sealers, walletScope } from './dataKeys.ts';
import { readAttempt } from './operationDocuments.ts';
import type { Opener } from './sealing.ts';
import { readWhole } from './whole.ts';

/** An output of an open operation under the name that its proof would have at the mint. No secret. */
export type PlannedProof = { operationId: string; Y: string; amount: bigint };

type Found = {
  _id: string;
  attempts: AttemptDocument[];
  details: { bookedEarly?: boolean; booked?: boolean };
};
type Unbooked = { operationId: string; output: PlannedOutput };

/** A name costs 0.1 ms of arithmetic, and a place in the question to the mint. */
const maxNamed = 32;
const maxOperationsRead = 8;
const planned = { attempts: 1, 'details.bookedEarly': 1, 'details.booked': 1 } as const;

export type OpenOutputReads = ReturnType<typeof createOpenOutputReads>;

/** Looks at outputs of a wallet's open operations that nothing of ours has spent yet. `nameOf`: secret → Y. */
export function createOpenOutputReads(
  database: Pick<Database, 'operations'>,
  sealers: Sealers,
  nameOf: (secret: string) => string,
) {
  const { operations } = database;

  /** At most 32, of the eight newest open operations in turn. */
  async function sample(walletId: string): Promise<PlannedProof[]> {
    const found = await readWhole<Found>(
      operations,
      { wallet_id: walletId, open: true, 'attempts.0': { $exists: true } },
      { fields: planned, sort: { created_at: -1 }, limit: maxOperationsRead, hint: 'open_with_outputs' },
    );
    const opener = await sealers.toOpen(walletScope(walletId));
    const lists = found.map((one) => unbooked(one, opener));
    return takeInTurn(lists, maxNamed).map(named);
  }

  /** All outputs of these operations that still are so; none of one that has ended. */
  async function of(walletId: string, operationIds: readonly string[]): Promise<PlannedProof[]> {
    if (operationIds.length === 0) return [];
    const found = await operations
      .find({ _id: { $in: [...operationIds] }, wallet_id: walletId, open: true })
      .select(planned)
      .lean<Found[]>();
    const opener = await sealers.toOpen(walletScope(walletId));
    return found.flatMap((one) => unbooked(one, opener)).map(named);
  }

  function unbooked({ _id, attempts, details }: Found, opener: Opener): Unbooked[] {
    const read = attempts.map((attempt) => readAttempt(attempt, _id, opener));
    return unbookedOutputs(read, details.bookedEarly === true || details.booked === true).map((output) => ({
      operationId: _id,
      output,
    }));
  }

  function named({ operationId, output }: Unbooked): PlannedProof {
    return { operationId, Y: nameOf(output.secret), amount: output.amount };
  }

  return { sample, of };
}

import type { Failure, SwapNotes } from './exchange.ts';
import type { OperationBase } from './operation.ts';
import type { Proof } from './proof.ts';

/**
 * States of an upkeep: the wallet's own ecash, swapped into ecash that is better to have. Nobody asked for it.
 *
 *   swapping ─► kept_up
 *      ├─► cancelled (nothing had left)
 *      └─► released (the mint swaps it not); any state whose invariant broke ─► needs_attention;
 *          what a person gives up ─► written_off
 */
export const upkeepStates = [
  'swapping',
  'kept_up',
  'released',
  'cancelled',
  'needs_attention',
  'written_off',
] as const;
export type UpkeepState = (typeof upkeepStates)[number];

/** `retiring`: its keysets sign no more, or soon expire. `scattered`: too many small proofs. */
export type UpkeepReason = 'retiring' | 'scattered';

/** What only an upkeep has, besides its proofs. Amounts in the wallet's unit. */
export type UpkeepDetails = SwapNotes & {
  upkeepReason: UpkeepReason;
  /** What its sources are worth. */
  amount: bigint;
  sourceTokenIds: string[];
  /** Input fee of the swap (NUT-02): the most that it may be, and what it was once it is booked. */
  fee: bigint;
  tokenId: string | null;
  failure: Failure | null;
  finishedAt: Date | null;
};

/** The proofs that an upkeep has in hand. Bearer money: sealed at rest. */
export type UpkeepProofs = { inputs: Proof[] };

export type UpkeepOperation = OperationBase &
  UpkeepDetails &
  UpkeepProofs & { kind: 'upkeep'; state: UpkeepState };

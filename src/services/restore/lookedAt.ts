import type { Operation } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { Role } from '../operations/driver.ts';
import type { Detection, Standing } from './detection.ts';

/** See `LostTime` (services/melt): a worker looks at the mint before it credits or frees anything. */
export type Looks = {
  /** @throws StaleOperation where another process has booked these proofs meanwhile */
  standing(operation: Operation, proofs: readonly Proof[]): Promise<Standing>;
  /** Whether the mint has told how they stand. Whoever created the operation in this process need not ask. */
  isLookedAt(operation: Operation, proofs: readonly Proof[], role: Role): Promise<boolean>;
};

export function createLooks(parts: {
  operations: Pick<OperationRepository, 'demandUnmoved'>;
  detection: Pick<Detection, 'standing'>;
}): Looks {
  const { operations, detection } = parts;
  const standing: Looks['standing'] = (operation, proofs) =>
    detection.standing(operation, proofs, () => operations.demandUnmoved(operation));
  return {
    standing,
    isLookedAt: async (operation, proofs, role) =>
      role === 'creator' || (await standing(operation, proofs)) !== 'unreachable',
  };
}

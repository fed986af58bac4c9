import { type MeltOperation, meltInputs } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { Detection } from '../restore/detection.ts';
import { createLooks } from '../restore/lookedAt.ts';
import type { MeltFacts } from './decision.ts';
import { later, type Step } from './steps.ts';

/**
 * A worker may find an operation in a store that was restored from an old backup: it has gone on, and ended, in a time that
 * these books have lost, and what it gave may be spent since. So a worker looks at the mint before it credits or frees
 * anything (NUT-07). Where that is not as the books have it, the wallet is blocked, and recovered (services/restore), before
 * anybody can spend it. Whoever created the operation in this process knows that nothing was lost.
 */
export type LostTime = {
  /** Whether the mint has told how these stand. @throws StaleOperation where another process has booked them meanwhile */
  isLookedAt(operation: MeltOperation, proofs: readonly Proof[], role: MeltFacts['role']): Promise<boolean>;
  /** Nothing had been sent, by these books. Null where the mint agrees. */
  insteadOfCancel(operation: MeltOperation, role: MeltFacts['role']): Promise<Step | null>;
  /** The swap's outputs were never melted, by these books. Null where the mint agrees. */
  insteadOfRelease(operation: MeltOperation, role: MeltFacts['role']): Promise<Step | null>;
};

const goneOn = 'it went on in a time that the books have lost';

/** Whether anything was found done that these books do not know of. */
export function hasLostTime({ timeline }: MeltOperation): boolean {
  return timeline.some(({ event }) => event.endsWith(goneOn));
}

export function createLostTime(parts: {
  operations: OperationRepository;
  detection: Pick<Detection, 'standing'>;
  now: () => Date;
}): LostTime {
  const { operations, now } = parts;
  const { standing, isLookedAt } = createLooks(parts);

  /** Goes on from where the mint says it is; what only some of the ecash is gone for can have taken none of the request. */
  async function unlessGone(
    operation: MeltOperation,
    proofs: readonly Proof[],
    next: { state: 'swapping' | 'pending'; event: string },
  ): Promise<Step | null> {
    switch (await standing(operation, proofs)) {
      case 'unreachable':
        return later(operation);
      case 'gone':
        return later(await operations.transition(operation, { state: next.state }, next.event, now()));
      case 'partly':
      case 'untouched':
        return null;
    }
  }

  return {
    isLookedAt,

    async insteadOfCancel(operation, role) {
      if (role === 'creator') return null;
      return unlessGone(operation, operation.inputs, {
        state: operation.swap === null ? 'pending' : 'swapping',
        event: `its inputs are gone: ${goneOn}`,
      });
    },

    async insteadOfRelease(operation, role) {
      if (role === 'creator' || operation.state !== 'swapped') return null;
      return unlessGone(operation, meltInputs(operation), {
        state: 'pending',
        event: `what was to be melted is gone: ${goneOn}`,
      });
    },
  };
}

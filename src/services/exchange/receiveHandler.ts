import { InvariantBroken, invariant } from '../../models/errors.ts';
import type { ReceiveOperation } from '../../models/exchange.ts';
import { attemptsFor, enteredStateAt, isFinished } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import type { ReceiveRepository } from '../../repositories/receives.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import type { Detection } from '../restore/detection.ts';
import type { ExchangeIncidents } from './incidents.ts';
import { jobOf } from './swapFacts.ts';
import type { Swapping } from './swapping.ts';

type Step = { operation: ReceiveOperation; next: 'again' | 'later' | 'finished' };

/** Swaps somebody else's ecash into the wallet's own: observe → decide → commit. */
export function createReceiveHandler(parts: {
  operations: OperationRepository;
  receives: ReceiveRepository;
  swapping: Swapping<ReceiveOperation>;
  incidents: ExchangeIncidents;
  detection: Pick<Detection, 'standing'>;
  now: () => Date;
}): Handler<ReceiveOperation> {
  const { operations, receives, swapping, incidents, detection, now } = parts;

  async function advance(operation: ReceiveOperation, role: Role): Promise<Step> {
    try {
      const step = await stepOf(operation, role);
      await incidents.openTooLong(step.operation, now());
      const { state } = step.operation;
      if (isFinished(state) && state !== 'needs_attention')
        await incidents.close(step.operation, role === 'worker');
      return step;
    } catch (error) {
      if (isMintTrouble(error) && hasLeft(operation)) return { operation, next: 'later' };
      if (!(error instanceof InvariantBroken)) throw error;
      return again(await stop(operation, error.message));
    }
  }

  async function stepOf(operation: ReceiveOperation, role: Role): Promise<Step> {
    const job = jobOf(operation);
    if (job === null) return { operation, next: 'finished' };
    if (!hasLeft(operation) && role === 'creator') return again(await swapping.post(operation, job));
    const step = await swapping.advance(operation, job);
    switch (step.kind) {
      case 'under_way':
        return { operation: step.operation, next: step.next };
      case 'won': {
        const proofs = step.redeemed.map(({ proof }) => proof);
        if (!(await isLookedAt(operation, proofs, role))) return { operation, next: 'later' };
        return again(await receives.credit(operation, proofs));
      }
      case 'gone': {
        const cause = step.spent.length === operation.inputs.length ? 'TOKEN_SPENT' : 'TOKEN_PARTLY_SPENT';
        return again(await receives.refuse(operation, { cause, detail: null }, sumAmounts(step.spent)));
      }
      case 'refused':
        return again(await receives.refuse(operation, step.failure, 0n));
      case 'stop':
        return again(await stop(operation, step.why));
    }
  }

  /** See `LostTime` (services/melt): a worker looks at the mint before it credits anything. */
  async function isLookedAt(
    operation: ReceiveOperation,
    proofs: readonly Proof[],
    role: Role,
  ): Promise<boolean> {
    if (role === 'creator') return true;
    const standing = await detection.standing(operation, proofs, async () => {
      const present = await operations.byId(operation.id);
      if (present?.version !== operation.version) throw new StaleOperation(operation.id);
    });
    return standing !== 'unreachable';
  }

  async function stop(operation: ReceiveOperation, why: string): Promise<ReceiveOperation> {
    await incidents.needsAttention(operation, why);
    const changes = { state: 'needs_attention' as const, finishedAt: now() };
    return operations.transition(operation, changes, why, now());
  }

  return {
    advance,
    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      return operation.gone === null
        ? patientWaitMs(sinceMs)
        : growingWaitMs(sinceMs, { fraction: 0.1, minMs: 250, maxMs: 30_000 });
    },
    async reread(id) {
      const operation = await operations.byId(id);
      invariant(operation?.kind === 'receive', `${id} is not a receive`);
      return operation;
    },
  };
}

const again = (operation: ReceiveOperation): Step => ({ operation, next: 'again' });

/** Whether its request has ever been sent. */
function hasLeft(operation: ReceiveOperation): boolean {
  return attemptsFor(operation, 'redeem').some(({ posts }) => posts > 0);
}

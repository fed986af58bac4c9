import type { ReceiveOperation } from '../../models/exchange.ts';
import { attemptsFor, enteredStateAt } from '../../models/operation.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { ReceiveRepository } from '../../repositories/receives.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import type { Detection } from '../restore/detection.ts';
import { createLooks } from '../restore/lookedAt.ts';
import type { ExchangeIncidents } from './incidents.ts';
import { jobOf } from './swapFacts.ts';
import { again, type Step, soonAgain, surrounded } from './swapHandling.ts';
import type { Swapping } from './swapping.ts';

/** Swaps somebody else's ecash into the wallet's own: observe → decide → commit. */
export function createReceiveHandler(parts: {
  operations: OperationRepository;
  receives: ReceiveRepository;
  swapping: Swapping<ReceiveOperation>;
  incidents: ExchangeIncidents;
  detection: Pick<Detection, 'standing'>;
  now: () => Date;
}): Handler<ReceiveOperation> {
  const { operations, receives, swapping, incidents, now } = parts;
  const { isLookedAt } = createLooks(parts);

  async function stepOf(operation: ReceiveOperation, role: Role): Promise<Step<ReceiveOperation>> {
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

  async function stop(operation: ReceiveOperation, why: string): Promise<ReceiveOperation> {
    await incidents.needsAttention(operation, why);
    const changes = { state: 'needs_attention' as const, finishedAt: now() };
    return operations.transition(operation, changes, why, now());
  }

  return {
    advance: surrounded<ReceiveOperation>({
      stepOf,
      isUntouched: (operation) => !hasLeft(operation),
      stop,
      incidents,
      now,
    }),
    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      return operation.gone === null ? patientWaitMs(sinceMs) : growingWaitMs(sinceMs, soonAgain);
    },
    reread: (key) => operations.ofKind('receive', key),
  };
}

/** Whether its request has ever been sent. */
function hasLeft(operation: ReceiveOperation): boolean {
  return attemptsFor(operation, 'redeem').some(({ posts }) => posts > 0);
}

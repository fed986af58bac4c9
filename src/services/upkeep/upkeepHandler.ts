import { enteredStateAt } from '../../models/operation.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { UpkeepRepository } from '../../repositories/upkeeps.ts';
import type { ExchangeIncidents } from '../exchange/incidents.ts';
import { createOwnSwap, isUntouched } from '../exchange/ownSwap.ts';
import { jobOf, type SwapJob } from '../exchange/swapFacts.ts';
import { again, later, type Step, soonAgain, surrounded } from '../exchange/swapHandling.ts';
import type { Swapping } from '../exchange/swapping.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import type { Detection } from '../restore/detection.ts';
import { createLooks } from '../restore/lookedAt.ts';

/** Swaps ecash of the wallet into ecash that is better to have: observe → decide → commit. */
export function createUpkeepHandler(parts: {
  operations: OperationRepository;
  upkeeps: UpkeepRepository;
  swapping: Swapping<UpkeepOperation>;
  incidents: ExchangeIncidents;
  detection: Pick<Detection, 'standing'>;
  orphanAfterMs: number;
  now: () => Date;
}): Handler<UpkeepOperation> {
  const { operations, upkeeps, swapping, incidents, orphanAfterMs, now } = parts;
  const { isLookedAt } = createLooks(parts);

  async function stepOf(operation: UpkeepOperation, role: Role): Promise<Step<UpkeepOperation>> {
    const job = jobOf(operation);
    if (job === null) return { operation, next: 'finished' };
    return isUntouched(operation) ? own.begin(operation, job, role) : carryOn(operation, job, role);
  }

  async function carryOn(
    operation: UpkeepOperation,
    job: SwapJob,
    role: Role,
  ): Promise<Step<UpkeepOperation>> {
    const step = await swapping.advance(operation, job);
    switch (step.kind) {
      case 'under_way':
        return { operation: step.operation, next: step.next };
      case 'won': {
        const proofs = step.redeemed.map(({ proof }) => proof);
        if (!(await isLookedAt(operation, proofs, role))) return later(operation);
        return again(await upkeeps.book(operation, proofs));
      }
      case 'gone':
        return own.lost(operation);
      case 'refused':
        return again(await upkeeps.release(operation, step.failure));
      case 'stop':
        return again(await stop(operation, step.why));
    }
  }

  async function stop(operation: UpkeepOperation, why: string): Promise<UpkeepOperation> {
    await incidents.needsAttention(operation, why);
    const changes = { state: 'needs_attention' as const, finishedAt: now() };
    return operations.transition(operation, changes, why, now());
  }

  const own = createOwnSwap<UpkeepOperation>({
    swapping,
    cancel: upkeeps.cancel,
    carryOn,
    stop,
    orphanAfterMs,
    now,
  });

  return {
    advance: surrounded<UpkeepOperation>({ stepOf, isUntouched, stop, incidents, now }),
    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      return operation.gone === null ? patientWaitMs(sinceMs) : growingWaitMs(sinceMs, soonAgain);
    },
    reread: (key) => operations.ofKind('upkeep', key),
  };
}

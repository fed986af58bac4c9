import { InvariantBroken, invariant } from '../../models/errors.ts';
import { attemptsFor, enteredStateAt, isFinished } from '../../models/operation.ts';
import type { Proof } from '../../models/proof.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import type { UpkeepRepository } from '../../repositories/upkeeps.ts';
import type { ExchangeIncidents } from '../exchange/incidents.ts';
import { jobOf, type SwapJob } from '../exchange/swapFacts.ts';
import type { Swapping } from '../exchange/swapping.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role } from '../operations/driver.ts';
import type { Detection } from '../restore/detection.ts';

type Step = { operation: UpkeepOperation; next: 'again' | 'later' | 'finished' };

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
  const { operations, upkeeps, swapping, incidents, detection, orphanAfterMs, now } = parts;

  async function advance(operation: UpkeepOperation, role: Role): Promise<Step> {
    try {
      const step = await stepOf(operation, role);
      await incidents.openTooLong(step.operation, now());
      const { state } = step.operation;
      if (isFinished(state) && state !== 'needs_attention')
        await incidents.close(step.operation, role === 'worker');
      return step;
    } catch (error) {
      if (isMintTrouble(error) && !isUntouched(operation)) return later(operation);
      if (!(error instanceof InvariantBroken)) throw error;
      return again(await stop(operation, error.message));
    }
  }

  async function stepOf(operation: UpkeepOperation, role: Role): Promise<Step> {
    const job = jobOf(operation);
    if (job === null) return { operation, next: 'finished' };
    return isUntouched(operation) ? begin(operation, job, role) : carryOn(operation, job, role);
  }

  async function carryOn(operation: UpkeepOperation, job: SwapJob, role: Role): Promise<Step> {
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
        return lost(operation);
      case 'refused':
        return again(await upkeeps.release(operation, step.failure));
      case 'stop':
        return again(await stop(operation, step.why));
    }
  }

  /** Its creator sends it off. A worker that finds it later calls it off, unless the mint has seen it already. */
  async function begin(operation: UpkeepOperation, job: SwapJob, role: Role): Promise<Step> {
    if (role === 'creator') return again(await swapping.post(operation, job));
    if (now().getTime() - operation.createdAt.getTime() < orphanAfterMs) return later(operation);
    const { view } = await swapping.observe(operation, job);
    if (view.inputs === 'UNSPENT' && view.outputs === 'UNSIGNED')
      return again(await upkeeps.cancel(operation));
    // A time that these books have lost: it went on. Whatever came of it is looked at before it is booked.
    return carryOn(operation, job, role);
  }

  /** Sources that nobody but us can have spent are gone, and our swap has not been signed. */
  async function lost(operation: UpkeepOperation): Promise<Step> {
    const goneForMs = operation.gone === null ? 0 : now().getTime() - operation.gone.since.getTime();
    if (goneForMs < personAfterMs) return later(operation);
    return again(await stop(operation, 'its ecash was spent by somebody else'));
  }

  /** See `LostTime` (services/melt): a worker looks at the mint before it credits anything. */
  async function isLookedAt(
    operation: UpkeepOperation,
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

  async function stop(operation: UpkeepOperation, why: string): Promise<UpkeepOperation> {
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
      invariant(operation?.kind === 'upkeep', `${id} is not an upkeep`);
      return operation;
    },
  };
}

const personAfterMs = 3_600_000;

const again = (operation: UpkeepOperation): Step => ({ operation, next: 'again' });
const later = (operation: UpkeepOperation): Step => ({ operation, next: 'later' });

/** No request for it has ever left. */
function isUntouched(operation: UpkeepOperation): boolean {
  return operation.state === 'swapping' && attemptsFor(operation, 'swap').every(({ posts }) => posts === 0);
}

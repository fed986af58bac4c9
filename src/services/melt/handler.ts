import { enteredStateAt, isFinished, type MeltOperation } from '../../models/operation.ts';
import { type OperationRepository, StaleOperation } from '../../repositories/operations.ts';
import { growingWaitMs, type Handler, patientWaitMs, type Role, soonForMs } from '../operations/driver.ts';
import { remember } from '../operations/remember.ts';
import type { Incidents } from './incidents.ts';
import type { MeltSaga } from './saga.ts';
import type { Step } from './steps.ts';

const openTooLongMs = 3_600_000;
/** A report that was forgotten here is filed again, and counted as the one that it is. */
const maxRemembered = 100_000;

/** How a melt is driven: the saga's steps, its pace, and what people hear of it. */
export function createMeltHandler(parts: {
  saga: MeltSaga;
  operations: OperationRepository;
  incidents: Incidents;
  orphanAfterMs: number;
  now: () => Date;
}): Handler<MeltOperation> {
  const { saga, operations, incidents, orphanAfterMs, now } = parts;
  const reported = new Set<string>();

  async function tellIfTooLong(operation: MeltOperation): Promise<void> {
    const { id, state, createdAt } = operation;
    if (isFinished(state) || state === 'paid' || reported.has(id)) return;
    if (now().getTime() - createdAt.getTime() <= openTooLongMs) return;
    remember(reported, id, maxRemembered);
    await incidents.openTooLong(operation);
  }

  /** What fails each time is told, too. */
  async function stepOf(operation: MeltOperation, role: Role): Promise<Step> {
    try {
      const step = await saga.advance(operation, role);
      await tellIfTooLong(step.operation);
      return step;
    } catch (error) {
      if (!(error instanceof StaleOperation)) await tellIfTooLong(operation);
      throw error;
    }
  }

  return {
    async advance(operation, role) {
      const step = await stepOf(operation, role);
      const open = !isFinished(step.operation.state);
      const mayBeReported = role === 'worker' || incidents.areFiled(operation);
      if (!open && mayBeReported && step.operation.state !== 'needs_attention') {
        reported.delete(operation.id);
        await incidents.closeAll(step.operation);
      }
      return step;
    },

    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      const odd = latestOf(operation.partlySeenAt, operation.doubtedSeenAt, operation.unverifiedSeenAt);
      const patientMs =
        odd === null ? patientWaitMs(sinceMs) : Math.min(patientWaitMs(sinceMs), soonAgainMs(odd, at));
      switch (operation.state) {
        case 'prepared':
        case 'swapped': {
          const orphanedForMs = at.getTime() - operation.createdAt.getTime() - orphanAfterMs;
          return orphanedForMs < 0 ? Math.max(50, -orphanedForMs) : patientWaitMs(orphanedForMs);
        }
        case 'paid':
          return growingWaitMs(sinceMs, { fraction: 0.25, minMs: 500, maxMs: 600_000 });
        case 'pending':
          // Once it looks as if it had never begun, a second look is all that the fence waits for.
          if (operation.unpaidSightings > 0 && at.getTime() - operation.updatedAt.getTime() < soonForMs)
            return growingWaitMs(sinceMs, { fraction: 0.25, minMs: 250, maxMs: 5_000 });
          return patientMs;
        default:
          return patientMs;
      }
    },

    reread: (key) => operations.ofKind('melt', key),
  };
}

function latestOf(...times: (Date | null)[]): Date | null {
  return times.reduce((one, other) => (one === null || (other !== null && other > one) ? other : one), null);
}

/** What was noted just now needs a second look that is near the first. The waits double. */
const soonAgainMs = (notedAt: Date, at: Date): number =>
  growingWaitMs(at.getTime() - notedAt.getTime(), { fraction: 1, minMs: 250, maxMs: 600_000 });

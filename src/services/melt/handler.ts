import { invariant } from '../../models/errors.ts';
import { isFinished, type MeltOperation } from '../../models/operation.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { growingWaitMs, type Handler } from '../operations/driver.ts';
import { enteredStateAt } from './facts.ts';
import type { Incidents } from './incidents.ts';
import type { MeltSaga } from './saga.ts';

const openTooLongMs = 3_600_000;
const longWait = { fraction: 0.25, minMs: 250, maxMs: 30_000 };

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

  return {
    async advance(operation, role) {
      const step = await saga.advance(operation, role);
      const ageMs = now().getTime() - operation.createdAt.getTime();
      const open = !isFinished(step.operation.state);
      if (open && step.operation.state !== 'paid' && ageMs > openTooLongMs && !reported.has(operation.id)) {
        reported.add(operation.id);
        await incidents.openTooLong(step.operation);
      }
      const mayBeReported = role === 'worker' || incidents.areFiled(operation);
      if (!open && mayBeReported && step.operation.state !== 'needs_attention') {
        reported.delete(operation.id);
        await incidents.closeAll(step.operation);
      }
      return step;
    },

    waitMs(operation, at) {
      const sinceMs = at.getTime() - enteredStateAt(operation).getTime();
      switch (operation.state) {
        case 'prepared':
        case 'swapped':
          return Math.max(50, operation.createdAt.getTime() + orphanAfterMs - at.getTime());
        case 'paid':
          return growingWaitMs(sinceMs, { fraction: 0.25, minMs: 500, maxMs: 600_000 });
        case 'pending':
          // Once it looks as if it had never begun, a second look is all that the fence waits for.
          if (operation.unpaidSightings > 0)
            return growingWaitMs(sinceMs, { fraction: 0.25, minMs: 250, maxMs: 5_000 });
          return growingWaitMs(sinceMs, longWait);
        default:
          return growingWaitMs(sinceMs, longWait);
      }
    },

    async reread(id) {
      const operation = await operations.byId(id);
      invariant(operation?.kind === 'melt', `${id} is not a melt`);
      return operation;
    },
  };
}

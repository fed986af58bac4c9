import type { SendOperation } from '../../models/exchange.ts';
import { attemptsFor } from '../../models/operation.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import type { Role } from '../operations/driver.ts';
import { oddForMs } from '../operations/oddities.ts';
import type { SwapJob } from './swapFacts.ts';
import { again, later, type Step } from './swapHandling.ts';
import type { Swapping } from './swapping.ts';

/** How a swap of the wallet's own ecash begins, and what is done where others have that ecash. */
export function createOwnSwap<T extends SendOperation | UpkeepOperation>(parts: {
  swapping: Pick<Swapping<T>, 'post' | 'observe'>;
  cancel(operation: T): Promise<T>;
  carryOn(operation: T, job: SwapJob, role: Role): Promise<Step<T>>;
  stop(operation: T, why: string): Promise<T>;
  orphanAfterMs: number;
  now: () => Date;
}) {
  const { swapping, cancel, carryOn, stop, orphanAfterMs, now } = parts;

  /** Its creator sends it off. A worker that finds it later calls it off, unless the mint has seen it already. */
  async function begin(operation: T, job: SwapJob, role: Role): Promise<Step<T>> {
    if (role === 'creator') return again(await swapping.post(operation, job));
    if (now().getTime() - operation.createdAt.getTime() < orphanAfterMs) return later(operation);
    const { view } = await swapping.observe(operation, job);
    if (view.inputs === 'UNSPENT' && view.outputs === 'UNSIGNED') return again(await cancel(operation));
    // A time that these books have lost: it went on. Whatever came of it is looked at before it is booked.
    return carryOn(operation, job, role);
  }

  /** Sources that nobody but us can have spent are gone, and our swap has not been signed. */
  async function lost(operation: T): Promise<Step<T>> {
    const goneForMs = operation.gone === null ? 0 : now().getTime() - operation.gone.since.getTime();
    if (goneForMs < oddForMs) return later(operation);
    return again(await stop(operation, 'its ecash was spent by somebody else'));
  }

  return { begin, lost };
}

/** No request of its swap has ever left. */
export function isUntouched(operation: SendOperation | UpkeepOperation): boolean {
  return operation.state === 'swapping' && attemptsFor(operation, 'swap').every(({ posts }) => posts === 0);
}

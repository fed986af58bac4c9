import type { MeltOperation, MeltState } from '../models/operation.ts';
import { StaleOperation } from './operations.ts';

/** What a transaction of a melt was decided on must still be so. @throws StaleOperation */
export function demand(operation: MeltOperation, version: number, states: readonly MeltState[]): void {
  if (operation.version !== version || !states.includes(operation.state))
    throw new StaleOperation(operation.id);
}

export function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

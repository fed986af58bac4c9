import { invariant } from '../models/errors.ts';
import { isOfKind, type OfKind, type Operation } from '../models/operation.ts';
import { type Changes, type OperationRepository, StaleOperation } from './operations.ts';
import { runTransaction, type Transacting, type Transaction } from './transaction.ts';

/** One transaction that takes an operation from one of `from` to `to`. */
export type OperationStep<T extends Operation> = (
  operation: T,
  from: readonly T['state'][],
  to: T['state'],
  work: (tx: Transaction, current: T, at: Date) => Promise<{ changes: Changes<T>; event: string }>,
) => Promise<T>;

/**
 * Steps of one kind of operation: all or nothing, and where one has been taken already, it changes nothing.
 * They throw StaleOperation where the operation is not as it was when this was decided.
 */
export function createOperationStep<K extends Operation['kind']>(
  kind: K,
  parts: {
    database: Transacting;
    operations: Pick<OperationRepository, 'hold' | 'transition'>;
    now: () => Date;
  },
): OperationStep<OfKind<K>> {
  const { database, operations, now } = parts;
  return (operation, from, to, work) =>
    runTransaction(database, operation.walletId, async (tx) => {
      const current = await operations.hold(operation, tx, now());
      invariant(isOfKind(current, kind), `${operation.id} is not a ${kind}`);
      if (current.state === to) return current;
      if (current.version !== operation.version || !from.some((state) => state === current.state))
        throw new StaleOperation(operation.id);
      const at = now();
      const { changes, event } = await work(tx, current, at);
      return operations.transition(current, changes, event, at, tx);
    });
}

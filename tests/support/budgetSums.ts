import type { Database } from '../../src/repositories/database.ts';

/** Documents as they are stored, of which only the budget's side is read. */
export type StoredOperation = {
  state: string;
  unit: string;
  details: unknown;
  budget_day?: string;
  budget_unused?: number | bigint;
};
export type StoredBudget = { _id: string; reserved: number | bigint };

/** Where the budgets of a database differ from its operations, both as they were at one moment; empty where all agree. */
export async function budgetFaults(
  database: Pick<Database, 'operations' | 'keySpending' | 'connection'>,
): Promise<string[]> {
  const session = await database.connection.startSession();
  try {
    session.startTransaction({ readConcern: { level: 'snapshot' } });
    const operations = await database.operations.find().session(session).lean<StoredOperation[]>();
    const budgets = await database.keySpending.find().session(session).lean<StoredBudget[]>();
    return budgetsThatDiffer(operations, budgets);
  } finally {
    await session.endSession();
  }
}

/** Where the budgets that are written down differ from the operations; empty where all agree. */
export function budgetsThatDiffer(
  operations: readonly StoredOperation[],
  budgets: readonly StoredBudget[],
): string[] {
  const due = budgetsByOperations(operations);
  const written = new Map(budgets.map(({ _id, reserved }) => [_id, Number(reserved)]));
  for (const { budget_day: id, budget_unused: unused } of operations)
    if (id !== undefined) written.set(id, (written.get(id) ?? 0) - Number(unused));
  return [...new Set([...due.keys(), ...written.keys()])]
    .filter((id) => (due.get(id) ?? 0) !== (written.get(id) ?? 0))
    .map((id) => `budget ${id}: ${written.get(id)} are written down, and the operations took ${due.get(id)}`);
}

/**
 * What the operations of each key and day take of its budget, in sat, worked out here a second time: all that was reserved
 * while they are open, what left the wallet once they have ended.
 */
function budgetsByOperations(operations: readonly StoredOperation[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const operation of operations) {
    const keyId = inside(operation.details, 'budget', 'keyId');
    if (typeof keyId !== 'string') continue;
    const id = `${keyId}:${String(inside(operation.details, 'budget', 'day'))}`;
    sums.set(id, (sums.get(id) ?? 0) + takenBy(operation));
  }
  return sums;
}

/** A budget is in sat; of a payment in msat each thousandth that is begun counts. */
const toSat = (amount: number, unit: string): number => (unit === 'msat' ? Math.ceil(amount / 1000) : amount);

function takenBy({ state, unit, details }: StoredOperation): number {
  const amount = (...path: string[]) => Number(inside(details, ...path) ?? 0);
  const isMelt = inside(details, 'paymentHash') !== undefined;
  const left = isMelt ? leftByMelt(state, amount) : leftBySend(state, amount);
  return left === null ? amount('budget', 'reserved') : toSat(left, unit);
}

type AmountAt = (...path: string[]) => number;

/** What left the wallet, in its unit; null while that is open. */
function leftByMelt(state: string, amount: AmountAt): number | null {
  if (state === 'cancelled') return 0;
  if (state === 'released') return amount('sourceAmount') - amount('releasedAmount');
  if (state !== 'settled') return null;
  return (
    amount('sourceAmount') - amount('atomicResult', 'keepAmount') - amount('atomicResult', 'meltChangeAmount')
  );
}

function leftBySend(state: string, amount: AmountAt): number | null {
  if (state === 'cancelled' || state === 'released') return 0;
  if (state === 'reclaimed' || state === 'partly_claimed')
    return amount('amount') + amount('fee') - amount('reclaimedAmount');
  return state === 'claimed' ? amount('amount') + amount('fee') : null;
}

const inside = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );

import { invariant } from '../models/errors.ts';
import type { BudgetClaim, OperationBase } from '../models/operation.ts';
import type { KeySpendingDocument } from '../models/schemas/access.ts';
import type { Database } from './database.ts';
import { createOneByOne } from './oneByOne.ts';
import { runTransactionIfRoom, type Transacting, type Transaction } from './transaction.ts';

/** What is left of a key's budget for the day does not cover a payment. */
export class BudgetSpent extends Error {
  constructor(keyId: string) {
    super(`the budget of key ${keyId} does not cover this payment`);
    this.name = 'BudgetSpent';
  }
}

export type KeySpendingRepository = ReturnType<typeof createKeySpendingRepository>;

/**
 * How much of its daily budget each API key has used, in sat. What was reserved on a day is one sum, which transaction A
 * adds to; what of that was not needed stands in the operation itself, written as it ends. So payments of one key are in
 * each other's way when they reserve, and never when they are booked (ADR 21). Keys without a budget have nothing here.
 */
export function createKeySpendingRepository(
  database: Transacting & Pick<Database, 'keySpending' | 'operations'>,
) {
  const { keySpending, operations } = database;
  const oneByOne = createOneByOne();

  /** Spent and reserved; null where nothing was reserved on that day yet. */
  async function spent(keyId: string, day: string): Promise<bigint | null> {
    const id = budgetDayOf({ keyId, day });
    const found = await keySpending.findOne({ _id: id }).lean<KeySpendingDocument>();
    if (found === null) return null;
    return BigInt(found.reserved) - ((await givenBack([id])).get(id) ?? 0n);
  }

  /** The same of every key that has reserved anything on that day, by the key's id. */
  async function spentOn(day: string): Promise<Map<string, bigint>> {
    const found = await keySpending.find({ day }).lean<KeySpendingDocument[]>();
    const back = await givenBack(found.map(({ _id }) => _id));
    return new Map(
      found.map(({ _id, key_id, reserved }) => [key_id, BigInt(reserved) - (back.get(_id) ?? 0n)]),
    );
  }

  /** Makes the day's document, apart from any transaction: two that inserted it at once would be in each other's way. */
  async function begin(keyId: string, day: string, at: Date): Promise<void> {
    await keySpending
      .findOneAndUpdate(
        { _id: budgetDayOf({ keyId, day }) },
        { $setOnInsert: { key_id: keyId, day, reserved: 0n, begun_at: at } },
        { upsert: true },
      )
      .lean();
  }

  /**
   * Runs transaction A, and first of all in it reserves the most that the payment may take. Payments of one budget take
   * turns; those of callers without one do not.
   * @throws BudgetSpent, CommitUnknown, NoTurn and whatever `work` throws; nothing stands then, unless the commit is unknown
   */
  async function inTurn(
    { walletId, budget }: Pick<OperationBase, 'walletId'> & { budget: BudgetClaim | null },
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    if (budget === null) return runTransactionIfRoom(database, walletId, work);
    const run = () =>
      runTransactionIfRoom(database, walletId, async (tx) => {
        await take(tx, budget);
        await work(tx);
      });
    return oneByOne(budgetDayOf(budget), run);
  }

  /** Its update holds the day's document, so what is read afterwards is all that has ended by then. */
  async function take(tx: Transaction, { keyId, day, limit, reserved }: BudgetClaim): Promise<void> {
    invariant(reserved > 0n && limit > 0n, `key ${keyId}: a budget is taken in amounts above nothing`);
    const id = budgetDayOf({ keyId, day });
    const after = await keySpending
      .findOneAndUpdate({ _id: id }, { $inc: { reserved } }, { session: tx.session, returnDocument: 'after' })
      .lean<KeySpendingDocument>();
    if (after === null) throw new BudgetSpent(keyId);
    const back = (await givenBack([id], tx)).get(id) ?? 0n;
    if (BigInt(after.reserved) - back > limit) throw new BudgetSpent(keyId);
  }

  /** What ended payments had reserved and did not need, by key and day. Read from an index alone. */
  async function givenBack(budgetDays: readonly string[], tx?: Transaction): Promise<Map<string, bigint>> {
    const query = operations.aggregate<{ _id: { day: string }; unused: number }>([
      { $match: { budget_day: { $in: [...budgetDays] } } },
      { $group: { _id: { day: '$budget_day' }, unused: { $sum: '$budget_unused' } } },
    ]);
    const rows = await (tx === undefined ? query.hint('budget_given_back') : query.session(tx.session));
    return new Map(rows.map(({ _id, unused }) => [_id.day, BigInt(unused)]));
  }

  return { spent, spentOn, begin, inTurn };
}

/** Under which the budget of a key for a day is found. */
export const budgetDayOf = ({ keyId, day }: Pick<BudgetClaim, 'keyId' | 'day'>): string => `${keyId}:${day}`;

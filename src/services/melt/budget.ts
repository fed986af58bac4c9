import { dayOf } from '../../models/apiKey.ts';
import type { BudgetClaim } from '../../models/operation.ts';
import { satOf } from '../../models/units.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { KeySpendingRepository } from '../../repositories/keySpending.ts';
import type { KeyBudget } from '../contracts.ts';
import { budgetExceeded, budgetOfAnotherUnit } from './refusals.ts';

/** What the API key of a request may still spend today. */
export type Budgets = {
  /**
   * The part of the key's budget that a payment would take; null where the caller has none. Reserves nothing: transaction
   * A does, and looks again.
   * @param amount the amount and the highest fee, in the wallet's unit; it counts in sat, rounded up
   * @throws DomainError BUDGET_EXCEEDED, FORBIDDEN
   */
  claim(wallet: Wallet, budget: KeyBudget | null, amount: bigint): Promise<BudgetClaim | null>;
};

export function createBudgets(parts: { spending: KeySpendingRepository; now: () => Date }): Budgets {
  const { spending, now } = parts;
  return {
    async claim(wallet, budget, amount) {
      if (budget === null) return null;
      const required = satOf(amount, wallet.unit);
      if (required === null) throw budgetOfAnotherUnit(wallet.unit);
      const { keyId, satPerDay: limit } = budget;
      const at = now();
      const day = dayOf(at);
      const spent = await spending.spent(keyId, day);
      if ((spent ?? 0n) + required > limit) throw budgetExceeded(limit, spent ?? 0n, required);
      if (spent === null) await spending.begin(keyId, day, at);
      return { keyId, day, limit, reserved: required };
    },
  };
}

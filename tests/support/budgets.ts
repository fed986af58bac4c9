import { expect } from '@jest/globals';
import { budgetFaults } from './budgetSums.ts';
import type { World } from './world.ts';

/** Whatever is under way, what is written down of budgets is what the operations say. */
export async function expectBudgetsKept(world: World): Promise<void> {
  expect(await budgetFaults(world.context.database)).toEqual([]);
}

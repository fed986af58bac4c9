import { setTimeout as pause } from 'node:timers/promises';
import Joi from 'joi';
import { DrillFailed } from './drill.ts';
import { pay } from './paying.ts';
import type { Stack } from './stack.ts';

/** As long as what was under way may take to be booked. */
const patienceMs = 30_000;

const answer = Joi.object<{ details: { totalBalance: number } }>({
  details: Joi.object({ totalBalance: Joi.number().required() }).unknown(true).required(),
})
  .unknown(true)
  .required();

/** What the stack's wallet holds, in sat, with what is reserved by operations under way. */
export async function balanceOf(stack: Stack): Promise<number> {
  const { body } = await stack.call('GET', `/api/wallet/${stack.at().npub}/balance`);
  const { details } = Joi.attempt(body, answer);
  return details.totalBalance;
}

/**
 * Not one sat is missing, and the wallet pays: the mint has no other customer, so what it has given out and not taken back is the
 * wallet's balance. @throws DrillFailed
 */
export async function expectWhole(stack: Stack): Promise<void> {
  const { status } = await pay(stack);
  if (status !== 200) throw new DrillFailed(`the wallet does not pay (${status})`);
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const [balance, { outstanding }] = [await balanceOf(stack), await stack.sim().books()];
    if (balance === outstanding) return;
    if (performance.now() > giveUpAt)
      throw new DrillFailed(`the wallet has ${balance} sat, and ${outstanding} sat are its own by its mint`);
    await pause(500);
  }
}

import { randomUUID } from 'node:crypto';
import type { Reply, Stack } from './stack.ts';

/** In sat. */
export const amount = 5;

/** Pays an invoice, or a new one of a few sat. */
export async function pay(
  stack: Stack,
  invoice?: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const chosen = invoice ?? (await stack.sim().invoice({ amount })).invoice;
  return stack.call('POST', `/api/wallet/${stack.at().npub}/melt`, {
    body: { invoice: chosen },
    headers: { 'idempotency-key': randomUUID(), ...headers },
  });
}

/** Asks what a new invoice would cost. */
export async function quote(stack: Stack): Promise<Reply> {
  const { invoice } = await stack.sim().invoice({ amount });
  return stack.call('POST', `/api/wallet/${stack.at().npub}/melt/quote`, { body: { invoice } });
}

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Scrape, sumOf } from './scrapes.ts';
import { type Reply, type Stack, succeeded } from './stack.ts';

/** In sat. */
const amount = 5;

/** In parts, so that many payments can be under way at once. */
const funding = { parts: 10, amount: 250 };

/** Gives the stack's wallet money to pay with. @throws Error where it is not credited */
export async function fund(stack: Stack): Promise<void> {
  for (let part = 1; part <= funding.parts; part += 1) succeeded(await topUp(stack, funding.amount));
}

/** Somebody pays into the stack's wallet. @returns how it is answered when it asks for its ecash */
export async function topUp(stack: Stack, amountSat: number): Promise<Reply> {
  const path = `/api/wallet/${stack.at().npub}/mint`;
  const { body } = await stack.call('POST', path, { body: { amount: amountSat } });
  await stack.sim().pay(String(body['invoice']));
  return stack.call('POST', `${path}/complete`, { body: { quoteId: body['quote'] } });
}

/** Pays an invoice, another one each time where none is named. */
export async function pay(
  stack: Stack,
  invoice?: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const chosen = invoice ?? (await newInvoice(stack));
  return stack.call('POST', `/api/wallet/${stack.at().npub}/melt`, {
    body: { invoice: chosen },
    headers: { 'idempotency-key': randomUUID(), ...headers },
  });
}

export const newInvoice = async (stack: Stack): Promise<string> =>
  (await stack.sim().invoice({ amount })).invoice;

/** Asks what a new invoice would cost. */
export async function quote(stack: Stack): Promise<Reply> {
  const invoice = await newInvoice(stack);
  return stack.call('POST', `/api/wallet/${stack.at().npub}/melt/quote`, { body: { invoice } });
}

/** How many payments the server has seen paid. */
export const paid = (scrape: Scrape): number => sumOf(scrape, 'crucible_payments_total', 'outcome="paid"');

/** Payments that are under way and stay open. */
export const pending = (scrape: Scrape): number =>
  sumOf(scrape, 'crucible_operations', 'kind="melt"', 'state="pending"');

/** Less than a payee takes who holds his invoice, and more than all others do. */
export const impatient = { CRUCIBLE_ANSWER_WITHIN_MS: '2000' };

/** Payments whose payees hold them until they are told to take them. */
export function createHanging() {
  const hanging: { id: string; paymentHash: string }[] = [];
  return {
    async pay(stack: Stack): Promise<Reply> {
      const { invoice, paymentHash } = await stack.sim().invoice({ amount, behaviour: 'pending' });
      const reply = await pay(stack, invoice);
      // In the end all ecash of the wallet is reserved.
      if (reply.status === 202) hanging.push({ id: String(reply.body['transactionId']), paymentHash });
      return reply;
    },
    /** The payees take the money; support asks the mint at once instead of waiting. */
    async settle(stack: Stack): Promise<void> {
      const key = stack.at().supportKey;
      for (const { id, paymentHash } of hanging) {
        await take(stack, paymentHash);
        succeeded(await stack.call('POST', `/api/support/operations/${id}/recheck`, { key, body: {} }));
      }
    },
  };
}

/** A payment that was answered by 202 may come to its payee a moment later. */
async function take(stack: Stack, paymentHash: string): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      return await stack.sim().settle(paymentHash, 'paid');
    } catch (error) {
      if (tries === 20) throw error;
      await pause(500);
    }
}

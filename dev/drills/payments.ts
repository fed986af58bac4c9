import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Drill, DrillFailed } from './drill.ts';
import { amount, pay } from './paying.ts';
import { sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

const locked = 'leaf is not available to transfer, status: TRANSFER_LOCKED';
const paid = ['crucible_payments_total', 'outcome="paid"'] as const;

export const transferLocked: Drill = {
  name: 'transfer-locked',
  symptom:
    'payments fail with PAYMENT_FAILED, because funds of the mint’s backend are locked (TRANSFER_LOCKED)',
  runbook: 'transfer-locked',
  alert: 'CrucibleMintFundsLocked',
  metric: 'crucible_mint_backend_troubles_total',
  live: (stack) => pay(stack),
  async provoke(stack) {
    const fault = { kind: 'error_code', code: 20_004, detail: locked } as const;
    await stack.sim().addFaults({ match: { path: '/v1/melt/bolt11' }, fault, times: null });
  },
  shows: (now) =>
    now !== null && sumOf(now, 'crucible_mint_backend_troubles_total', 'trouble="funds_locked"') > 0,
  async cure(stack) {
    await stack.sim().clearFaults();
  },
  isCured: (now, sick) => sick !== null && sumOf(now, ...paid) > sumOf(sick, ...paid),
};

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

/** Payees that hold their invoices. */
function createStuckPending(): Drill {
  const hanging: { id: string; paymentHash: string }[] = [];
  let holds = false;
  return {
    name: 'stuck-pending',
    symptom: 'payments are answered by 202 and stay pending, because their payees hold them',
    runbook: 'stuck-pending',
    alert: 'CrucibleManyPending',
    metric: 'crucible_operations',
    async live(stack) {
      if (!holds) return pay(stack);
      const { invoice, paymentHash } = await stack.sim().invoice({ amount, behaviour: 'pending' });
      const reply = await pay(stack, invoice, { prefer: 'respond-async' });
      // In the end all ecash of the wallet is reserved.
      if (reply.status === 202) hanging.push({ id: String(reply.body['transactionId']), paymentHash });
      return reply;
    },
    async provoke() {
      holds = true;
    },
    shows: (now) => now !== null && sumOf(now, 'crucible_operations', 'kind="melt"', 'state="pending"') > 0,
    async cure(stack) {
      holds = false;
      const key = stack.at().supportKey;
      for (const { id, paymentHash } of hanging) {
        // The payees take the money; support asks the mint at once instead of waiting.
        await take(stack, paymentHash);
        const asked = await stack.call('POST', `/api/support/operations/${id}/recheck`, { key, body: {} });
        if (asked.status !== 200)
          throw new DrillFailed(`support could not have ${id} looked at (${asked.status})`);
      }
    },
    isCured: (now) => sumOf(now, 'crucible_operations', 'kind="melt"', 'state="pending"') === 0,
  };
}

/** A client that repeats its requests without an Idempotency-Key. */
function createDuplicatePayment(): Drill {
  let keyed = true;
  let invoice = '';
  const key = randomUUID();
  return {
    name: 'duplicate-payment',
    symptom:
      'payments are refused with 409 DUPLICATE_PAYMENT, because a client repeats itself without an Idempotency-Key',
    runbook: 'duplicate-payment',
    alert: 'CrucibleDuplicatePayments',
    metric: 'crucible_refusals_total',
    async prepare(stack) {
      invoice = (await stack.sim().invoice({ amount })).invoice;
      await pay(stack, invoice, { 'idempotency-key': key });
    },
    async live(stack) {
      return pay(stack, invoice, keyed ? { 'idempotency-key': key } : {});
    },
    async provoke() {
      keyed = false;
    },
    shows: (now) => now !== null && sumOf(now, 'crucible_refusals_total', 'code="DUPLICATE_PAYMENT"') > 0,
    async cure() {
      keyed = true;
    },
    isCured: (now, sick) =>
      sick !== null &&
      sumOf(now, 'crucible_idempotency_replays_total') > sumOf(sick, 'crucible_idempotency_replays_total'),
  };
}

export const paymentDrills = (): Drill[] => [transferLocked, createStuckPending(), createDuplicatePayment()];

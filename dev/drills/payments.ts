import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

const amount = 5;
const locked = 'leaf is not available to transfer, status: TRANSFER_LOCKED';
const paid = ['crucible_payments_total', 'outcome="paid"'] as const;

async function pay(stack: Stack, invoice?: string, headers: Record<string, string> = {}) {
  const chosen = invoice ?? (await stack.sim().invoice({ amount })).invoice;
  const path = `/api/wallet/${stack.at().npub}/melt`;
  return stack.call('POST', path, {
    body: { invoice: chosen },
    headers: { 'idempotency-key': randomUUID(), ...headers },
  });
}

export const transferLocked: Drill = {
  name: 'transfer-locked',
  symptom:
    'payments fail with PAYMENT_FAILED, because funds of the mint’s backend are locked (TRANSFER_LOCKED)',
  runbook: 'transfer-locked',
  alert: 'CrucibleMintFundsLocked',
  metric: 'crucible_mint_backend_troubles_total',
  async live(stack) {
    await pay(stack);
  },
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
    // Less than a payee takes who holds his invoice, and more than all others do.
    env: { CRUCIBLE_ANSWER_WITHIN_MS: '2000' },
    async live(stack) {
      if (!holds) {
        await pay(stack);
        return;
      }
      const { invoice, paymentHash } = await stack.sim().invoice({ amount, behaviour: 'pending' });
      const { status, body } = await pay(stack, invoice);
      // In the end all ecash of the wallet is reserved.
      if (status === 202) hanging.push({ id: String(body['transactionId']), paymentHash });
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
        await stack.call('POST', `/api/support/operations/${id}/recheck`, { key });
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
      await pay(stack, invoice, keyed ? { 'idempotency-key': key } : {});
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

import { randomUUID } from 'node:crypto';
import type { Drill } from './drill.ts';
import { createHanging, impatient, newInvoice, pay, pending } from './paying.ts';
import { sumOf } from './scrapes.ts';

/** Payees that hold their invoices. */
function createStuckPending(): Drill {
  const hanging = createHanging();
  let holds = false;
  return {
    name: 'stuck-pending',
    symptom: 'payments are answered by 202 and stay pending, because their payees hold them',
    runbook: 'stuck-pending',
    alert: 'CrucibleManyPending',
    metric: 'crucible_operations',
    env: impatient,
    async live(stack) {
      return holds ? hanging.pay(stack) : pay(stack);
    },
    async provoke() {
      holds = true;
    },
    shows: (now) => now !== null && pending(now) > 0,
    async cure(stack) {
      holds = false;
      await hanging.settle(stack);
    },
    isCured: (now) => pending(now) === 0,
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
      invoice = await newInvoice(stack);
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

export const paymentDrills = (): Drill[] => [createStuckPending(), createDuplicatePayment()];

import type { FaultWish } from '../../simulator/client.ts';
import type { BackendTrouble } from '../../src/models/backendTrouble.ts';
import type { Drill } from './drill.ts';
import { createHanging, impatient, paid, pay, pending } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import { type Stack, worstOf } from './stack.ts';

const metric = 'crucible_mint_backend_troubles_total';

const told = (scrape: Scrape, trouble: BackendTrouble): number =>
  sumOf(scrape, metric, `trouble="${trouble}"`);

/** What can be refused, and by which code of the mint. */
const payments = { path: '/v1/melt/bolt11', code: 20_004 };
const invoices = { path: '/v1/mint/quote/bolt11', code: 0 };

/** What the mint refuses in these words, until its operator has acted or the trouble has passed. */
type Refusing = { trouble: BackendTrouble; says: string; refuses: readonly (typeof payments)[] };

/** A backend that fails the mint: nothing is sent, and the customers have their ecash back at once. */
function failing(
  drill: Pick<Drill, 'name' | 'symptom' | 'runbook' | 'alert'>,
  { trouble, says, refuses }: Refusing,
): Drill {
  const faults = refuses.map(
    ({ path, code }): FaultWish => ({
      match: { method: 'POST', path },
      fault: { kind: 'error_code', code, detail: says },
      times: null,
    }),
  );
  return {
    ...drill,
    metric,
    async live(stack) {
      const replies = [await pay(stack)];
      if (refuses.includes(invoices)) replies.push(await askForInvoice(stack));
      return worstOf(replies);
    },
    async provoke(stack) {
      await stack.sim().addFaults(...faults);
    },
    shows: (now) => now !== null && told(now, trouble) > 0,
    async cure(stack) {
      await stack.sim().clearFaults();
    },
    isCured: (now, sick) =>
      sick !== null && paid(now) > paid(sick) && told(now, trouble) === told(sick, trouble),
  };
}

const askForInvoice = (stack: Stack) =>
  stack.call('POST', `/api/wallet/${stack.at().npub}/mint`, { body: { amount: 10 } });

export const transferLocked = failing(
  {
    name: 'transfer-locked',
    symptom:
      'payments fail with PAYMENT_FAILED, because funds of the mint’s backend are locked (TRANSFER_LOCKED)',
    runbook: 'transfer-locked',
    alert: 'CrucibleMintFundsLocked',
  },
  {
    trouble: 'funds_locked',
    says: 'leaf is not available to transfer, status: TRANSFER_LOCKED',
    refuses: [payments],
  },
);

export const sessionNotFound = failing(
  {
    name: 'session-not-found',
    symptom:
      'payments and invoices fail, because the mint’s backend has no session with its operators (session not found)',
    runbook: 'mint-backend',
    alert: 'CrucibleMintSessionLost',
  },
  {
    trouble: 'session_lost',
    says: 'Failed to get operator session from session manager: Generic error: Session not found',
    refuses: [payments, invoices],
  },
);

export const providerFailing = failing(
  {
    name: 'provider-failing',
    symptom:
      'payments fail with PAYMENT_FAILED, because the service provider behind the mint fails (graphql error)',
    runbook: 'mint-backend',
    alert: 'CrucibleMintProviderFailing',
  },
  {
    trouble: 'provider_failing',
    says: 'Tree service error: Service error: service provider error: graphql error: Something went wrong',
    refuses: [payments],
  },
);

export const leafNotVerified = failing(
  {
    name: 'leaf-not-verified',
    symptom:
      'payments fail with PAYMENT_FAILED, and the mint’s backend warns that a leaf’s verifying key does not match',
    runbook: 'mint-backend',
    alert: 'CrucibleMintLeafNotVerified',
  },
  {
    trouble: 'leaf_not_verified',
    says: "Leaf's verifying public key does not match the expected value",
    refuses: [payments],
  },
);

/** A mint that works on its payments twice, and answers by what the second try meets: the first is on its way. */
function createPaymentIdExists(): Drill {
  const hanging = createHanging();
  let twice = false;
  const says = 'Payment ID already exists: 019a183b-d67c-7dc6-a963-1a166757d832';
  return {
    name: 'payment-id-exists',
    symptom: 'payments stay open, because the mint answers that it has met their payment id before',
    runbook: 'duplicate-payment',
    alert: 'CrucibleMintPaymentMetBefore',
    metric,
    env: impatient,
    live: (stack) => (twice ? hanging.pay(stack) : pay(stack)),
    async provoke(stack) {
      twice = true;
      const fault = {
        kind: 'status',
        status: 500,
        body: { code: 0, detail: says },
        processed: true,
      } as const;
      await stack.sim().addFaults({ match: { method: 'POST', path: payments.path }, fault, times: null });
    },
    shows: (now) => now !== null && told(now, 'payment_met_before') > 0 && pending(now) > 0,
    async cure(stack) {
      twice = false;
      await stack.sim().clearFaults();
      await hanging.settle(stack);
    },
    isCured: (now, sick) => sick !== null && paid(now) > paid(sick) && pending(now) === 0,
  };
}

export const backendDrills = (): Drill[] => [
  transferLocked,
  sessionNotFound,
  providerFailing,
  leafNotVerified,
  createPaymentIdExists(),
];

import type { InvoiceRecord, PaymentRecord } from '../state/records.ts';
import type { Store } from '../state/store.ts';
import type { Timers } from '../timers.ts';

/** How a payment goes: the result once it is under way for so long; null = it hangs until somebody decides. */
export type PaymentCourse = { result: Result | null; afterMs: number };

export type PaymentOrder = {
  paymentHash: string;
  /** The melt quote that this is for: the network pays a hash once, whoever asks. */
  payer: string;
  amountMsat: bigint;
  feeLimitMsat: bigint;
  /** Whatever the payee would do; null = as the payee does. */
  course: PaymentCourse | null;
  /** It was under way before a restart, so it left the mint long ago: nothing can stop it at the door. */
  resumed: boolean;
};

export type PaymentOutcome =
  | { kind: 'paid'; feeMsat: bigint; preimage: string }
  | { kind: 'failed'; reason: string };

export type Refusal = 'unknown_invoice' | 'already_paid' | 'expired' | 'not_under_way';
export type Result = 'paid' | 'failed';

/** The toy Lightning network: who gets paid, when, at what fee. It pays a payment hash at most once. */
export class LightningNetwork {
  readonly #store: Store;
  readonly #timers: Timers;
  readonly #clock: () => number;
  readonly #underWay = new Map<string, { order: PaymentOrder; tell: (outcome: PaymentOutcome) => void }>();

  constructor(store: Store, timers: Timers, clock: () => number) {
    this.#store = store;
    this.#timers = timers;
    this.#clock = clock;
  }

  /** The mint pays. Asking again for the same melt after a crash finds the outcome or goes on waiting. */
  pay(order: PaymentOrder): Promise<PaymentOutcome> {
    const known = this.#outcomeOf(order);
    if (known) return Promise.resolve(known);
    return new Promise((tell) => {
      this.#underWay.set(order.paymentHash, { order, tell });
      this.#route(order);
    });
  }

  /** Whether such a payment stays open until somebody decides it, and how long the payer's node waits for it. */
  hangs(paymentHash: string): { hangs: boolean; patienceMs: number } {
    const invoice = this.#store.state.invoices.get(paymentHash);
    return { hangs: invoice?.behaviour === 'pending', patienceMs: invoice?.delayMs ?? 0 };
  }

  /** Decides a payment that is under way. */
  settle(paymentHash: string, result: Result): Refusal | null {
    if (!this.#underWay.has(paymentHash)) return 'not_under_way';
    this.#finish(paymentHash, result === 'paid' ? null : 'the payee refused it');
    return null;
  }

  /** Somebody else than this mint pays an invoice: a mint quote's, or an outside node's. */
  payFromOutside(
    invoice: InvoiceRecord | undefined,
    amountMsat: bigint | null,
    late: boolean,
  ): Refusal | null {
    if (!invoice) return 'unknown_invoice';
    const { paymentHash } = invoice;
    const earlier = this.#store.state.payments.get(paymentHash);
    if (earlier?.state === 'PAID' || earlier?.state === 'IN_FLIGHT') return 'already_paid';
    if (!late && invoice.expiresAtMs <= this.#clock()) return 'expired';
    this.#store.commit({
      kind: 'payment_made',
      paymentHash,
      payer: 'outside',
      amountMsat: invoice.amountMsat ?? amountMsat ?? 0n,
      feeMsat: 0n,
      atMs: this.#clock(),
    });
    return null;
  }

  #outcomeOf(order: PaymentOrder): PaymentOutcome | null {
    const payment = this.#store.state.payments.get(order.paymentHash);
    if (payment?.state === 'PAID') return this.#paidOutcome(payment, order.payer);
    if (payment?.state === 'FAILED' && payment.payer === order.payer) {
      return { kind: 'failed', reason: payment.failure ?? 'unknown' };
    }
    return null;
  }

  #paidOutcome(payment: Readonly<PaymentRecord>, payer: string): PaymentOutcome {
    if (payment.payer !== payer) return { kind: 'failed', reason: 'somebody else paid this invoice' };
    const preimage = this.#store.state.invoices.get(payment.paymentHash)?.preimage ?? '';
    return { kind: 'paid', feeMsat: payment.feeMsat, preimage };
  }

  #route(order: PaymentOrder): void {
    const invoice = this.#store.state.invoices.get(order.paymentHash);
    const obstacle = this.#obstacle(order, invoice);
    if (obstacle || !invoice) {
      this.#finish(order.paymentHash, obstacle);
      return;
    }
    const { result, afterMs } = order.course ?? courseOf(invoice);
    if (result === null) return;
    const failure = result === 'failed' ? 'no route' : null;
    if (afterMs === 0) this.#finish(order.paymentHash, failure);
    else this.#timers.after(afterMs, () => this.#finish(order.paymentHash, failure));
  }

  #obstacle(order: PaymentOrder, invoice: Readonly<InvoiceRecord> | undefined): string | null {
    if (!invoice) return 'no route to an unknown payee';
    if (order.resumed) return null;
    if (invoice.expiresAtMs <= this.#clock()) return 'the invoice has expired';
    if (invoice.routingFeeMsat > order.feeLimitMsat) return 'no route within the fee reserve';
    return null;
  }

  /** Ends a payment under way, once; a second decision finds nothing to decide. */
  #finish(paymentHash: string, failure: string | null): void {
    const underWay = this.#underWay.get(paymentHash);
    if (!underWay) return;
    this.#underWay.delete(paymentHash);
    const { order, tell } = underWay;
    const { payer, amountMsat } = order;
    const invoice = this.#store.state.invoices.get(paymentHash);
    if (failure !== null || !invoice) {
      const reason = failure ?? 'no route';
      this.#store.commit({ kind: 'payment_failed', paymentHash, payer, amountMsat, reason });
    } else {
      const feeMsat = invoice.mintQuote === null ? invoice.routingFeeMsat : 0n;
      this.#store.commit({
        kind: 'payment_made',
        paymentHash,
        payer,
        amountMsat,
        feeMsat,
        atMs: this.#clock(),
      });
    }
    tell(this.#outcomeOf(order) ?? { kind: 'failed', reason: 'unknown' });
  }
}

const results = { succeed: 'paid', fail: 'failed', pending: null } as const;

function courseOf({ behaviour, delayMs }: Readonly<InvoiceRecord>): PaymentCourse {
  return { result: results[behaviour], afterMs: delayMs };
}

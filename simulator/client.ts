import type { Fault, Match } from './faults/rules.ts';
import type { LoggedRequest } from './http/requestLog.ts';
import type { KeysetVersion, NetworkName } from './options.ts';
import type { Behaviour } from './state/records.ts';

/** The answer of GET /sim/ledger. */
export type Ledger = {
  unit: string;
  outstanding: number;
  issuedTotal: number;
  spentTotal: number;
  pendingTotal: number;
  feesCollected: number;
  keptOverpay: number;
  balance: { received: number; unissued: number; paidOut: number; changeOwed: number; ok: boolean };
  keysets: { id: string; active: boolean; inputFeePpk: number }[];
  proofs: { Y: string; amount: number; keysetId: string; state: 'SPENT' | 'PENDING' }[];
  signatures: { B_: string; amount: number; keysetId: string }[];
  mintQuotes: { quote: string; amount: number; state: string; paidAt: number | null }[];
  meltQuotes: {
    quote: string;
    paymentHash: string;
    amount: number;
    feeReserve: number;
    feePaid: number | null;
    changeAmount: number | null;
    state: 'UNPAID' | 'PENDING' | 'PAID';
    attempts: number;
  }[];
  payments: { paymentHash: string; amountSat: number; feeSat: number; state: string; count: number }[];
};

export type InvoiceWishes = {
  amount?: number;
  amountMsat?: number;
  amountless?: true;
  description?: string;
  expirySeconds?: number;
  network?: NetworkName;
  behaviour?: Behaviour;
  routingFeeSat?: number;
  delayMs?: number;
};

export type FaultWish = {
  match?: { method?: NonNullable<Match['method']>; path?: string };
  fault: Fault | 'drop_before' | 'drop_after' | 'hold' | 'lie_unpaid';
  times?: number | null;
  after?: number;
};

export type OutsideProof = { secret: string; amount: number; id: string };

/** Speaks to the /sim routes of a running simulator; for tests and for the development profile. */
export class SimulatorClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async ledger(): Promise<Ledger> {
    const answer = await this.#ask('GET', '/sim/ledger');
    return isLedger(answer) ? answer : unexpected('/sim/ledger');
  }

  /** An outside node's invoice. */
  async invoice(wishes: InvoiceWishes): Promise<{ invoice: string; paymentHash: string }> {
    const answer = await this.#ask('POST', '/sim/invoice', wishes);
    return isInvoice(answer) ? answer : unexpected('/sim/invoice');
  }

  /** An outside payer pays. */
  async pay(invoice: string, { late = false } = {}): Promise<void> {
    await this.#ask('POST', '/sim/pay', { invoice, late });
  }

  /** Decides a payment that hangs. */
  async settle(paymentHash: string, result: 'paid' | 'failed'): Promise<void> {
    await this.#ask('POST', `/sim/payments/${paymentHash}/settle`, { result });
  }

  async rotate(terms: { inputFeePpk?: number; version?: KeysetVersion } = {}): Promise<void> {
    await this.#ask('POST', '/sim/keysets/rotate', terms);
  }

  async addFaults(...rules: FaultWish[]): Promise<void> {
    await this.#ask('POST', '/sim/faults', { rules });
  }

  async clearFaults(): Promise<void> {
    await this.#ask('DELETE', '/sim/faults');
  }

  /** Lets held requests through. */
  async release(): Promise<void> {
    await this.#ask('POST', '/sim/faults/release');
  }

  async spendOutside(proofs: OutsideProof[]): Promise<void> {
    await this.#ask('POST', '/sim/proofs/spend', { proofs });
  }

  async holdOutside(proofs: OutsideProof[]): Promise<void> {
    await this.#ask('POST', '/sim/proofs/pending', { proofs });
  }

  /** The mint forgets that these were spent or held. */
  async forget(Ys: string[]): Promise<void> {
    await this.#ask('POST', '/sim/proofs/unspend', { Ys });
  }

  /** What was asked of the mint, oldest first. */
  async requests(): Promise<LoggedRequest[]> {
    const answer = await this.#ask('GET', '/sim/requests');
    return isRequests(answer) ? answer.requests : unexpected('/sim/requests');
  }

  async clearRequests(): Promise<void> {
    await this.#ask('DELETE', '/sim/requests');
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

function isLedger(value: unknown): value is Ledger {
  return hasMembers(value, ['outstanding', 'proofs', 'signatures', 'meltQuotes', 'payments', 'balance']);
}

function isInvoice(value: unknown): value is { invoice: string; paymentHash: string } {
  return hasMembers(value, ['invoice', 'paymentHash']);
}

function isRequests(value: unknown): value is { requests: LoggedRequest[] } {
  return hasMembers(value, ['requests']);
}

function hasMembers(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

function unexpected(path: string): never {
  throw new Error(`${path} answered something unexpected`);
}

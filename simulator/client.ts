import type { ActiveRule } from './faults/faultPlan.ts';
import type { AskedFault, PlainFaultKind } from './faults/faults.ts';
import type { Match } from './faults/rules.ts';
import type { LoggedRequest } from './http/requestLog.ts';
import type { Books, Ledger } from './ledgerView.ts';
import type { KeysetVersion, NetworkName } from './options.ts';
import type { Behaviour } from './state/records.ts';

export type { AskedFault } from './faults/faults.ts';
export type { Books, Ledger } from './ledgerView.ts';

export type InvoiceWishes = {
  /** In sat, whatever the mint's unit is. */
  amount?: number;
  amountMsat?: number;
  amountless?: true;
  description?: string;
  expirySeconds?: number;
  network?: NetworkName;
  behaviour?: Behaviour;
  routingFeeSat?: number;
  routingFeeMsat?: number;
  delayMs?: number;
};

/** One rule: a fault, whole or by its name alone, and which requests it meets (README.md). */
export type FaultWish = {
  match?: { method?: NonNullable<Match['method']>; path?: string };
  fault: AskedFault | PlainFaultKind;
  times?: number | null;
  after?: number;
  probability?: number;
};

/** The answer of GET /sim/faults: the rules with what they have met so far, and how many requests wait at the gate. */
export type FaultPlanView = { seed: number; rules: ActiveRule[]; held: number };

/** A proof as its holder knows it, or as the mint does. */
export type OutsideProof = { amount: number } & (
  | { secret: string; id: string }
  | { Y: string; keysetId: string }
);

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

  /** The ledger without its lists, which grow with every request. */
  async books(): Promise<Books> {
    const answer = await this.#ask('GET', '/sim/ledger?summary=1');
    return isBooks(answer) ? answer : unexpected('/sim/ledger?summary=1');
  }

  /** How often the payee of an invoice really got the money. */
  async timesPaid(paymentHash: string): Promise<number> {
    const answer = await this.#ask('GET', `/sim/payments/${paymentHash}`);
    return isPayment(answer) ? answer.count : unexpected('/sim/payments');
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

  /** @returns the ids by which `faults()` lists these rules, in their order. */
  async addFaults(...rules: FaultWish[]): Promise<number[]> {
    const answer = await this.#ask('POST', '/sim/faults', { rules });
    return isAddition(answer) ? answer.added : unexpected('/sim/faults');
  }

  /** Faults whose draws follow from a seed: the same seed and requests bring the same faults. */
  async planFaults(seed: number, ...rules: FaultWish[]): Promise<void> {
    await this.#ask('POST', '/sim/faults', { seed, rules });
  }

  async faults(): Promise<FaultPlanView> {
    const answer = await this.#ask('GET', '/sim/faults');
    return isFaultPlan(answer) ? answer : unexpected('/sim/faults');
  }

  async clearFaults(): Promise<void> {
    await this.#ask('DELETE', '/sim/faults');
  }

  /** Sets the mint's clock off from the true time, either way. */
  async setClock(offsetMs: number): Promise<void> {
    await this.#ask('POST', '/sim/clock', { offsetMs });
  }

  /** Lets held requests through, and late ones arrive. */
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

  /** What the mint would give for these proofs, which are spent by none of this. Throws where it would refuse one. */
  async honoured(inputs: (OutsideProof & { C: string })[]): Promise<number> {
    const answer = await this.#ask('POST', '/sim/proofs/honoured', { inputs });
    return isWorth(answer) ? answer.amount : unexpected('/sim/proofs/honoured');
  }

  /** The mint's own books are kept as they are now. */
  async backUp(): Promise<void> {
    await this.#ask('POST', '/sim/backup');
  }

  /** The mint's own books are put back to what was kept; what Lightning has paid stays paid. */
  async putBack(): Promise<void> {
    await this.#ask('POST', '/sim/backup/restore');
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

function isBooks(value: unknown): value is Books {
  return hasMembers(value, ['outstanding', 'keysets', 'balance']);
}

function isPayment(value: unknown): value is { count: number } {
  return hasMembers(value, ['count']);
}

function isWorth(value: unknown): value is { amount: number } {
  return hasMembers(value, ['amount']);
}

function isInvoice(value: unknown): value is { invoice: string; paymentHash: string } {
  return hasMembers(value, ['invoice', 'paymentHash']);
}

function isRequests(value: unknown): value is { requests: LoggedRequest[] } {
  return hasMembers(value, ['requests']);
}

function isAddition(value: unknown): value is { added: number[] } {
  return hasMembers(value, ['added']);
}

function isFaultPlan(value: unknown): value is FaultPlanView {
  return hasMembers(value, ['seed', 'rules', 'held']);
}

function hasMembers(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

function unexpected(path: string): never {
  throw new Error(`${path} answered something unexpected`);
}

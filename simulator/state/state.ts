import type {
  InvoiceRecord,
  KeysetRecord,
  MeltQuote,
  MintQuote,
  PaymentRecord,
  ProofRecord,
  SignatureRecord,
} from './records.ts';

/** All that the mint and the toy Lightning network know. Only `apply` writes to it. */
export type State = {
  keysets: Map<string, KeysetRecord>;
  mintQuotes: Map<string, MintQuote>;
  meltQuotes: Map<string, MeltQuote>;
  /** By payment hash. */
  invoices: Map<string, InvoiceRecord>;
  /** By payment hash. */
  payments: Map<string, PaymentRecord>;
  /** By Y: every proof that was ever presented and is spent or held. */
  proofs: Map<string, ProofRecord>;
  /** By B_: everything ever signed (NUT-09). */
  signatures: Map<string, SignatureRecord>;
  /** By B_: blank outputs of payments under way, with their melt quote. */
  lockedOutputs: Map<string, string>;
  /** Quotes of either kind that clients may no longer ask about. */
  forgottenQuotes: Set<string>;
  totals: {
    inputFees: bigint;
    keptOverpay: bigint;
    /** Change that was signed beyond what was overpaid: the mint's own loss. */
    overSigned: bigint;
    /** Value of proofs that a mint operation had spent and that a test made spendable again. */
    reopened: bigint;
  };
  /** The mint's books as they were when a test had them kept. */
  backup: MintBooks | null;
};

/** What a mint writes down itself, and loses when its database is put back. */
export type MintBooks = Omit<State, 'invoices' | 'payments' | 'backup'>;

/** What the rest of the program may do with the state: look. */
export type ReadonlyState = {
  readonly [Part in keyof State]: State[Part] extends Map<infer Key, infer Value>
    ? ReadonlyMap<Key, Readonly<Value>>
    : State[Part] extends Set<infer Value>
      ? ReadonlySet<Value>
      : Readonly<State[Part]>;
};

export function emptyState(): State {
  return {
    keysets: new Map(),
    mintQuotes: new Map(),
    meltQuotes: new Map(),
    invoices: new Map(),
    payments: new Map(),
    proofs: new Map(),
    signatures: new Map(),
    lockedOutputs: new Map(),
    forgottenQuotes: new Set(),
    totals: { inputFees: 0n, keptOverpay: 0n, overSigned: 0n, reopened: 0n },
    backup: null,
  };
}

import type { KeysetVersion } from '../options.ts';

export type KeysetRecord = {
  /** Counts from 0 and never changes: the keys follow from the seed and this number. */
  index: number;
  id: string;
  unit: string;
  version: KeysetVersion;
  inputFeePpk: number;
  active: boolean;
};

/** An output as it was signed (NUT-00 BlindSignature with its B_, and the NUT-12 proof). */
export type SignatureRecord = {
  B_: string;
  amount: bigint;
  keysetId: string;
  C_: string;
  dleq: { e: string; s: string };
};

/** A blank output of NUT-08: its amount comes later. */
export type Blank = { B_: string; keysetId: string };

/** A proof as it came in as an input. The secret itself is not kept. */
export type InputRecord = { Y: string; amount: bigint; keysetId: string; witness: string | null };

export type ProofRecord = InputRecord &
  (
    | { state: 'PENDING'; heldBy: string }
    | { state: 'SPENT'; spentBy: 'swap' | 'melt' | 'outside'; atMs: number }
  );

export type MintQuoteTerms = {
  quote: string;
  paymentHash: string;
  request: string;
  amount: bigint;
  unit: string;
  description: string | null;
  /** NUT-20. */
  pubkey: string | null;
  createdAtMs: number;
  expiresAtMs: number;
};

export type MintQuote = MintQuoteTerms &
  (
    | { state: 'UNPAID' }
    | { state: 'PAID'; paidAtMs: number }
    | { state: 'ISSUED'; paidAtMs: number; issuedAtMs: number }
  );

export type MeltQuoteTerms = {
  quote: string;
  paymentHash: string;
  request: string;
  amount: bigint;
  amountMsat: bigint;
  feeReserve: bigint;
  unit: string;
  createdAtMs: number;
  expiresAtMs: number;
};

/** Lightning change: none asked for, signed, or still owed (PAID is visible, the signatures come later). */
export type MeltChange =
  | { kind: 'none' }
  | { kind: 'signed'; signatures: SignatureRecord[] }
  | { kind: 'owed'; amounts: bigint[]; blanks: Blank[] };

export type MeltQuote = MeltQuoteTerms & { attempts: number } & (
    | { state: 'UNPAID'; lastFailure: string | null }
    | { state: 'PENDING'; inputs: string[]; inputAmount: bigint; inputFee: bigint; blanks: Blank[] | null }
    | { state: 'PAID'; paidAtMs: number; feePaid: bigint; preimage: string; change: MeltChange }
  );

/** How the payee of an outside invoice behaves when somebody pays it. */
export const behaviours = ['succeed', 'fail', 'pending'] as const;
export type Behaviour = (typeof behaviours)[number];

export type InvoiceRecord = {
  paymentHash: string;
  preimage: string;
  request: string;
  /** null = the payer names the amount. */
  amountMsat: bigint | null;
  expiresAtMs: number;
  /** The mint quote whose invoice it is, or null for one that an outside node wrote. */
  mintQuote: string | null;
  behaviour: Behaviour;
  routingFeeMsat: bigint;
  delayMs: number;
};

export type PaymentRecord = {
  paymentHash: string;
  /** The melt quote on whose behalf the mint pays, or "outside" for a payer who is not this mint. */
  payer: string;
  amountMsat: bigint;
  feeMsat: bigint;
  state: 'IN_FLIGHT' | 'PAID' | 'FAILED';
  /** Why the last attempt failed. */
  failure: string | null;
  /** How often the payee really got the money. More than 1 would be a catastrophe. */
  count: number;
};

/** The answer of GET /sim/ledger?summary=1, as far as tests look at it. Amounts are in the mint's unit. */
export type Books = {
  unit: string;
  outstanding: number;
  issuedTotal: number;
  spentTotal: number;
  pendingTotal: number;
  feesCollected: number;
  keptOverpay: number;
  /** Change that was signed beyond what was overpaid: the mint's own loss. */
  overSigned: number;
  balance: { received: number; unissued: number; paidOut: number; changeOwed: number; ok: boolean };
  keysets: { id: string; active: boolean; inputFeePpk: number }[];
};

/** The answer of GET /sim/ledger. */
export type Ledger = Books & {
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
  forgottenQuotes: string[];
  /** Lightning's own amounts, whatever the mint's unit is; those in sat are rounded up. */
  payments: {
    paymentHash: string;
    amountSat: number;
    amountMsat: number;
    feeSat: number;
    feeMsat: number;
    state: string;
    count: number;
  }[];
};

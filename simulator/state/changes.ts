import type {
  Blank,
  InputRecord,
  InvoiceRecord,
  KeysetRecord,
  MeltChange,
  MeltQuoteTerms,
  MintQuoteTerms,
  SignatureRecord,
} from './records.ts';

/**
 * Everything that can happen to a simulator. One change is one line of the journal and is applied whole or
 * not at all, so a request that moves value makes exactly one.
 */
export type Change =
  | { kind: 'keyset_added'; keyset: KeysetRecord }
  | { kind: 'mint_quote_created'; quote: MintQuoteTerms; invoice: InvoiceRecord }
  | { kind: 'tokens_minted'; quote: string; signatures: SignatureRecord[]; atMs: number }
  | {
      kind: 'tokens_swapped';
      inputs: InputRecord[];
      signatures: SignatureRecord[];
      inputFee: bigint;
      atMs: number;
    }
  | { kind: 'melt_quote_created'; quote: MeltQuoteTerms }
  | {
      kind: 'melt_started';
      quote: string;
      inputs: InputRecord[];
      inputFee: bigint;
      blanks: Blank[] | null;
    }
  | {
      kind: 'melt_paid';
      quote: string;
      feePaid: bigint;
      preimage: string;
      change: MeltChange;
      /**
       * Overpay that was not signed as change: the mint keeps it. Below 0, it signed more than was overpaid, out
       * of its own pocket.
       */
      keptOverpay: bigint;
      atMs: number;
    }
  | { kind: 'melt_failed'; quote: string; reason: string }
  | { kind: 'change_signed'; quote: string; signatures: SignatureRecord[] }
  | { kind: 'quote_forgotten'; quote: string }
  | { kind: 'invoice_written'; invoice: InvoiceRecord }
  | {
      kind: 'payment_made';
      paymentHash: string;
      payer: string;
      amountMsat: bigint;
      feeMsat: bigint;
      atMs: number;
    }
  | { kind: 'payment_failed'; paymentHash: string; payer: string; amountMsat: bigint; reason: string }
  | { kind: 'proofs_spent_outside'; proofs: InputRecord[]; atMs: number }
  | { kind: 'proofs_held_outside'; proofs: InputRecord[] }
  | { kind: 'proofs_forgotten'; Ys: string[] }
  | { kind: 'backup_made' }
  | { kind: 'backup_restored' };

export type ChangeKind = Change['kind'];
export type ChangeOf<Kind extends ChangeKind> = Extract<Change, { kind: Kind }>;

const kinds: { [Kind in ChangeKind]: true } = {
  keyset_added: true,
  mint_quote_created: true,
  tokens_minted: true,
  tokens_swapped: true,
  melt_quote_created: true,
  melt_started: true,
  melt_paid: true,
  melt_failed: true,
  change_signed: true,
  quote_forgotten: true,
  invoice_written: true,
  payment_made: true,
  payment_failed: true,
  proofs_spent_outside: true,
  proofs_held_outside: true,
  proofs_forgotten: true,
  backup_made: true,
  backup_restored: true,
};

/** The journal is only ever written by this program, so the kind alone tells a change from anything else. */
export function isChange(value: unknown): value is Change {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    Object.hasOwn(kinds, value.kind)
  );
}

import { ceilDivide, jsonNumber, sum } from '../mint/amounts.ts';
import type { MeltQuote, MintQuote, PaymentRecord } from './records.ts';
import type { ReadonlyState } from './state.ts';

type Json = { readonly [name: string]: unknown };

/** GET /sim/ledger: the whole truth, for tests. Without the long lists where a summary is enough. */
export function ledger(state: ReadonlyState, unit: string, isSummary: boolean): Json {
  const books = booksOf(state);
  const summary = {
    unit,
    keysets: [...state.keysets.values()],
    outstanding: jsonNumber(books.issued - books.spent),
    outstandingByUnit: { [unit]: jsonNumber(books.issued - books.spent) },
    issuedTotal: jsonNumber(books.issued),
    spentTotal: jsonNumber(books.spent),
    pendingTotal: jsonNumber(books.pending),
    feesCollected: jsonNumber(state.totals.inputFees),
    keptOverpay: jsonNumber(state.totals.keptOverpay),
    overSigned: jsonNumber(state.totals.overSigned),
    balance: balance(state, books),
    counts: {
      proofs: state.proofs.size,
      signatures: state.signatures.size,
      mintQuotes: state.mintQuotes.size,
      meltQuotes: state.meltQuotes.size,
      payments: state.payments.size,
    },
  };
  return isSummary ? summary : { ...summary, ...lists(state) };
}

/** GET /sim/payments/{hash}: what became of an invoice. One that nobody has tried to pay was paid 0 times. */
export function payment(state: ReadonlyState, paymentHash: string): Json {
  const known = state.payments.get(paymentHash);
  return known === undefined ? { paymentHash, state: null, count: 0 } : paymentEntry(known);
}

type Books = ReturnType<typeof booksOf>;

function booksOf(state: ReadonlyState) {
  const proofs = [...state.proofs.values()];
  const spent = proofs.filter((proof) => proof.state === 'SPENT');
  const paid = [...state.meltQuotes.values()].filter((quote) => quote.state === 'PAID');
  const mintQuotes = [...state.mintQuotes.values()];
  return {
    issued: sum([...state.signatures.values()].map((signature) => signature.amount)),
    spent: sum(spent.map((proof) => proof.amount)),
    pending: sum(proofs.filter((proof) => proof.state === 'PENDING').map((proof) => proof.amount)),
    spentOutside: sum(spent.filter((proof) => proof.spentBy === 'outside').map((proof) => proof.amount)),
    received: sum(mintQuotes.filter((quote) => quote.state !== 'UNPAID').map((quote) => quote.amount)),
    unissued: sum(mintQuotes.filter((quote) => quote.state === 'PAID').map((quote) => quote.amount)),
    paidOut: sum(paid.map((quote) => quote.amount + quote.feePaid)),
    changeOwed: sum(paid.flatMap((quote) => (quote.change.kind === 'owed' ? quote.change.amounts : []))),
  };
}

/** Double entry: what came in over Lightning is still out as ecash, or was paid out, or is accounted for. */
function balance(state: ReadonlyState, books: Books): Json {
  const { inputFees, keptOverpay, overSigned, reopened } = state.totals;
  const explained =
    books.issued - books.spent + books.unissued + books.paidOut + books.changeOwed + books.spentOutside;
  return {
    received: jsonNumber(books.received),
    unissued: jsonNumber(books.unissued),
    paidOut: jsonNumber(books.paidOut),
    changeOwed: jsonNumber(books.changeOwed),
    spentOutside: jsonNumber(books.spentOutside),
    reopened: jsonNumber(reopened),
    ok: books.received === explained + inputFees + keptOverpay - overSigned - reopened,
  };
}

function lists(state: ReadonlyState): Json {
  return {
    proofs: [...state.proofs.values()].map(({ Y, amount, keysetId, state: is }) => ({
      Y,
      amount: jsonNumber(amount),
      keysetId,
      state: is,
    })),
    signatures: [...state.signatures.values()].map(({ B_, amount, keysetId }) => ({
      B_,
      amount: jsonNumber(amount),
      keysetId,
    })),
    mintQuotes: [...state.mintQuotes.values()].map(mintQuoteEntry),
    meltQuotes: [...state.meltQuotes.values()].map(meltQuoteEntry),
    payments: [...state.payments.values()].map(paymentEntry),
    forgottenQuotes: [...state.forgottenQuotes],
  };
}

function mintQuoteEntry(quote: Readonly<MintQuote>): Json {
  return {
    quote: quote.quote,
    paymentHash: quote.paymentHash,
    amount: jsonNumber(quote.amount),
    state: quote.state,
    expiresAt: quote.expiresAtMs,
    paidAt: quote.state === 'UNPAID' ? null : quote.paidAtMs,
    issuedAt: quote.state === 'ISSUED' ? quote.issuedAtMs : null,
  };
}

function meltQuoteEntry(quote: Readonly<MeltQuote>): Json {
  return {
    quote: quote.quote,
    paymentHash: quote.paymentHash,
    amount: jsonNumber(quote.amount),
    feeReserve: jsonNumber(quote.feeReserve),
    feePaid: quote.state === 'PAID' ? jsonNumber(quote.feePaid) : null,
    changeAmount: quote.state === 'PAID' ? changeAmount(quote) : null,
    state: quote.state,
    attempts: quote.attempts,
  };
}

function changeAmount(quote: Readonly<Extract<MeltQuote, { state: 'PAID' }>>): number {
  if (quote.change.kind !== 'signed') return 0;
  return jsonNumber(sum(quote.change.signatures.map((signature) => signature.amount)));
}

function paymentEntry(payment: Readonly<PaymentRecord>): Json {
  return {
    paymentHash: payment.paymentHash,
    payer: payment.payer,
    amountSat: jsonNumber(ceilDivide(payment.amountMsat, 1000n)),
    amountMsat: jsonNumber(payment.amountMsat),
    feeSat: jsonNumber(ceilDivide(payment.feeMsat, 1000n)),
    feeMsat: jsonNumber(payment.feeMsat),
    state: payment.state,
    count: payment.count,
  };
}

import type { ChangeOf } from './changes.ts';
import { assert } from './invariant.ts';
import type { State } from './state.ts';

export function makePayment(state: State, change: ChangeOf<'payment_made'>): void {
  const earlier = state.payments.get(change.paymentHash);
  assert(earlier?.state !== 'PAID', `${change.paymentHash} is paid at most once`);
  state.payments.set(change.paymentHash, {
    paymentHash: change.paymentHash,
    payer: change.payer,
    amountMsat: change.amountMsat,
    feeMsat: change.feeMsat,
    state: 'PAID',
    failure: null,
    count: (earlier?.count ?? 0) + 1,
  });
  const mintQuoteId = state.invoices.get(change.paymentHash)?.mintQuote;
  const mintQuote = mintQuoteId ? state.mintQuotes.get(mintQuoteId) : undefined;
  if (mintQuote?.state === 'UNPAID') {
    state.mintQuotes.set(mintQuote.quote, { ...mintQuote, state: 'PAID', paidAtMs: change.atMs });
  }
}

export function failPayment(state: State, change: ChangeOf<'payment_failed'>): void {
  const earlier = state.payments.get(change.paymentHash);
  assert(earlier?.state !== 'PAID', `${change.paymentHash} was paid and cannot fail`);
  state.payments.set(change.paymentHash, {
    paymentHash: change.paymentHash,
    payer: change.payer,
    amountMsat: change.amountMsat,
    feeMsat: 0n,
    state: 'FAILED',
    failure: change.reason,
    count: earlier?.count ?? 0,
  });
}

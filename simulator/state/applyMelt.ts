import type { ChangeOf } from './changes.ts';
import { assert } from './invariant.ts';
import type { MeltQuote } from './records.ts';
import type { State } from './state.ts';
import { hold, sign, spend, unlock } from './tokens.ts';

export function startMelt(state: State, change: ChangeOf<'melt_started'>): void {
  const quote = state.meltQuotes.get(change.quote);
  assert(quote?.state === 'UNPAID', `melt quote ${change.quote} starts from UNPAID`);
  hold(state, change.inputs, quote.quote);
  for (const blank of change.blanks ?? []) state.lockedOutputs.set(blank.B_, quote.quote);
  const { lastFailure: _, ...terms } = quote;
  state.meltQuotes.set(quote.quote, {
    ...terms,
    attempts: quote.attempts + 1,
    state: 'PENDING',
    inputs: change.inputs.map((input) => input.Y),
    inputAmount: change.inputs.reduce((sum, input) => sum + input.amount, 0n),
    inputFee: change.inputFee,
    blanks: change.blanks,
  });
  const earlier = state.payments.get(quote.paymentHash);
  assert(earlier === undefined || earlier.state === 'FAILED', `${quote.paymentHash} is paid at most once`);
  state.payments.set(quote.paymentHash, {
    paymentHash: quote.paymentHash,
    payer: quote.quote,
    amountMsat: quote.amountMsat,
    feeMsat: 0n,
    state: 'IN_FLIGHT',
    failure: null,
    count: earlier?.count ?? 0,
  });
}

export function payMelt(state: State, change: ChangeOf<'melt_paid'>): void {
  const quote = pendingMelt(state, change.quote);
  const inputs = quote.inputs.map((Y) => {
    const proof = state.proofs.get(Y);
    assert(proof !== undefined, `input ${Y} of melt ${quote.quote} is known`);
    return proof;
  });
  for (const proof of inputs) state.proofs.delete(proof.Y);
  spend(state, inputs, 'melt', change.atMs);
  if (change.change.kind === 'signed') {
    unlock(state, quote.blanks);
    sign(state, change.change.signatures);
  }
  if (change.change.kind === 'none') unlock(state, quote.blanks);
  state.totals.inputFees += quote.inputFee;
  if (change.keptOverpay < 0n) state.totals.overSigned -= change.keptOverpay;
  else state.totals.keptOverpay += change.keptOverpay;
  state.meltQuotes.set(quote.quote, {
    ...termsOf(quote),
    state: 'PAID',
    paidAtMs: change.atMs,
    feePaid: change.feePaid,
    preimage: change.preimage,
    change: change.change,
  });
}

export function failMelt(state: State, change: ChangeOf<'melt_failed'>): void {
  const quote = pendingMelt(state, change.quote);
  for (const Y of quote.inputs) {
    if (state.proofs.get(Y)?.state === 'PENDING') state.proofs.delete(Y);
  }
  unlock(state, quote.blanks);
  state.meltQuotes.set(quote.quote, { ...termsOf(quote), state: 'UNPAID', lastFailure: change.reason });
}

export function signOwedChange(state: State, change: ChangeOf<'change_signed'>): void {
  const quote = state.meltQuotes.get(change.quote);
  assert(quote?.state === 'PAID' && quote.change.kind === 'owed', `melt ${change.quote} owes change`);
  unlock(state, quote.change.blanks);
  sign(state, change.signatures);
  state.meltQuotes.set(quote.quote, { ...quote, change: { kind: 'signed', signatures: change.signatures } });
}

function pendingMelt(state: State, id: string): Extract<MeltQuote, { state: 'PENDING' }> {
  const quote = state.meltQuotes.get(id);
  assert(quote?.state === 'PENDING', `melt quote ${id} is under way`);
  return quote;
}

function termsOf(quote: Extract<MeltQuote, { state: 'PENDING' }>) {
  const {
    state: _state,
    inputs: _inputs,
    inputAmount: _amount,
    inputFee: _fee,
    blanks: _blanks,
    ...terms
  } = quote;
  return terms;
}

import { failMelt, payMelt, signOwedChange, startMelt } from './applyMelt.ts';
import { failPayment, makePayment } from './applyPayment.ts';
import { makeBackup, restoreBackup } from './backup.ts';
import type { Change, ChangeOf } from './changes.ts';
import { assert } from './invariant.ts';
import type { State } from './state.ts';
import { forget, hold, sign, spend } from './tokens.ts';

/**
 * The only writer of the state. Whether a change is allowed was decided before; what is checked here must
 * hold in every run and on every replay of the journal.
 */
export function apply(state: State, change: Change): void {
  switch (change.kind) {
    case 'keyset_added':
      addKeyset(state, change);
      return;
    case 'mint_quote_created':
      state.mintQuotes.set(change.quote.quote, { ...change.quote, state: 'UNPAID' });
      state.invoices.set(change.invoice.paymentHash, change.invoice);
      return;
    case 'tokens_minted':
      issue(state, change);
      return;
    case 'tokens_swapped':
      spend(state, change.inputs, 'swap', change.atMs);
      sign(state, change.signatures);
      state.totals.inputFees += change.inputFee;
      return;
    case 'melt_quote_created':
      state.meltQuotes.set(change.quote.quote, {
        ...change.quote,
        attempts: 0,
        state: 'UNPAID',
        lastFailure: null,
      });
      return;
    case 'melt_started':
      startMelt(state, change);
      return;
    case 'melt_paid':
      payMelt(state, change);
      return;
    case 'melt_failed':
      failMelt(state, change);
      return;
    case 'change_signed':
      signOwedChange(state, change);
      return;
    case 'quote_forgotten':
      state.forgottenQuotes.add(change.quote);
      return;
    case 'invoice_written':
      state.invoices.set(change.invoice.paymentHash, change.invoice);
      return;
    case 'payment_made':
      makePayment(state, change);
      return;
    case 'payment_failed':
      failPayment(state, change);
      return;
    case 'proofs_spent_outside':
      spend(state, change.proofs, 'outside', change.atMs);
      return;
    case 'proofs_held_outside':
      hold(state, change.proofs, 'outside');
      return;
    case 'proofs_forgotten':
      forget(state, change.Ys);
      return;
    case 'backup_made':
      makeBackup(state);
      return;
    case 'backup_restored':
      restoreBackup(state);
      return;
  }
}

function addKeyset(state: State, { keyset }: ChangeOf<'keyset_added'>): void {
  for (const other of state.keysets.values()) {
    state.keysets.set(other.id, { ...other, active: false });
  }
  state.keysets.set(keyset.id, keyset);
}

function issue(state: State, change: ChangeOf<'tokens_minted'>): void {
  const quote = state.mintQuotes.get(change.quote);
  assert(quote?.state === 'PAID', `mint quote ${change.quote} is issued once, after it was paid`);
  state.mintQuotes.set(quote.quote, { ...quote, state: 'ISSUED', issuedAtMs: change.atMs });
  sign(state, change.signatures);
}

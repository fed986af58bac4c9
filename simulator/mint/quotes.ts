import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';

/** The mint no longer knows a quote that it gave out. Its payment goes on, and the books keep it. */
export function forgetQuote({ store }: MintContext, quote: string): void {
  const { meltQuotes, mintQuotes, forgottenQuotes } = store.state;
  const isKnown = meltQuotes.has(quote) || mintQuotes.has(quote);
  if (isKnown && !forgottenQuotes.has(quote)) store.commit({ kind: 'quote_forgotten', quote });
}

export function checkNotForgotten({ store }: MintContext, quote: string): void {
  if (store.state.forgottenQuotes.has(quote)) refuse(codes.quoteUnknown, 'quote is not known');
}

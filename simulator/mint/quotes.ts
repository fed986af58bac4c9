import type { MintContext } from './context.ts';
import { codes, refuse } from './errors.ts';

/** The mint no longer knows a quote that it gave out. Its payment goes on, and the books keep it. @returns whether it knew it */
export function forgetQuote(mint: MintContext, quote: string): boolean {
  if (!isRemembered(mint, quote)) return false;
  mint.store.commit({ kind: 'quote_forgotten', quote });
  return true;
}

export function isRemembered({ store }: MintContext, quote: string): boolean {
  const { meltQuotes, mintQuotes, forgottenQuotes } = store.state;
  return (meltQuotes.has(quote) || mintQuotes.has(quote)) && !forgottenQuotes.has(quote);
}

export function checkNotForgotten({ store }: MintContext, quote: string): void {
  if (store.state.forgottenQuotes.has(quote)) refuse(codes.quoteUnknown, 'quote is not known');
}

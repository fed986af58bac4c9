import type { Orders, Reply, SimRequest } from '../http/exchange.ts';
import { noOrders } from '../http/exchange.ts';
import type { MintContext } from '../mint/context.ts';
import { noMeltOrders } from '../mint/meltOrders.ts';
import { forgetQuote } from '../mint/quotes.ts';
import type { FaultOf } from './faults.ts';
import { isObject } from './tampering.ts';

/** What the mint really does otherwise. */
export function ordersOf(fault: FaultOf<'change_late' | 'change_amount' | 'melt_pending'>): Orders {
  switch (fault.kind) {
    case 'change_late':
      return { ...noOrders, melt: { ...noMeltOrders, changeDelay: { afterMs: fault.afterMs } } };
    case 'change_amount':
      return { ...noOrders, melt: { ...noMeltOrders, changeDelta: BigInt(fault.delta) } };
    case 'melt_pending':
      return {
        melt: { ...noMeltOrders, course: { result: fault.result, afterMs: fault.afterMs } },
        remembersPending: fault.cached,
      };
  }
}

/** A rotation right before the mint takes up a request, or between its work and its reply. */
export async function rotateAround(
  process: () => Promise<Reply>,
  { when, inputFeePpk }: FaultOf<'rotate_keyset'>,
  { keysets }: MintContext,
): Promise<Reply> {
  if (when === 'before') keysets.replace({ inputFeePpk });
  const reply = await process();
  if (when === 'after') keysets.replace({ inputFeePpk });
  return reply;
}

/** The quote that a request is about, in its path or in its body, is gone for good. */
export function forgetQuoteOf({ params, body }: SimRequest, mint: MintContext): void {
  const id = params['id'] ?? (isObject(body) ? body['quote'] : undefined);
  if (typeof id === 'string') forgetQuote(mint, id);
}

import type { Orders, Reply, SimRequest } from '../http/exchange.ts';
import { noOrders } from '../http/exchange.ts';
import type { MintContext } from '../mint/context.ts';
import { type MeltOrders, noMeltOrders } from '../mint/meltOrders.ts';
import { forgetQuote, isRemembered } from '../mint/quotes.ts';
import type { FaultOf } from './faults.ts';
import type { Gate } from './gate.ts';
import { isObject } from './tampering.ts';

/** What the mint really does otherwise, and whom it tells when it does. */
export function ordersOf(
  fault: FaultOf<'change_late' | 'change_amount' | 'melt_pending'>,
  noteDeviation: () => void,
  { mint, gate }: { mint: MintContext; gate: Gate },
): Orders {
  const melt: MeltOrders = { ...noMeltOrders, noteDeviation };
  switch (fault.kind) {
    case 'change_late': {
      const { afterMs } = fault;
      const changeDelay = () => (afterMs === null ? gate.wait() : mint.timers.wait(afterMs));
      return { ...noOrders, melt: { ...melt, changeDelay } };
    }
    case 'change_amount':
      return { ...noOrders, melt: { ...melt, changeDelta: BigInt(fault.delta) } };
    case 'melt_pending':
      return {
        melt: { ...melt, course: { result: fault.result, afterMs: fault.afterMs } },
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

/** The quote that a request is about, in its path or in its body, is gone for good. @returns whether there was one */
export function forgetQuoteOf(request: SimRequest, mint: MintContext): boolean {
  const id = quoteNamedIn(request);
  return typeof id === 'string' && forgetQuote(mint, id);
}

/** Whether the mint would answer by itself that it does not know the quote. */
export function namesUnknownQuote(request: SimRequest, mint: MintContext): boolean {
  const id = quoteNamedIn(request);
  return typeof id === 'string' && !isRemembered(mint, id);
}

function quoteNamedIn({ params, body }: SimRequest): unknown {
  return params['id'] ?? (isObject(body) ? body['quote'] : undefined);
}

import type { Delivery, Process, SimRequest } from '../http/exchange.ts';
import type { MintContext } from '../mint/context.ts';
import { codes } from '../mint/errors.ts';
import { forgetQuoteOf, ordersOf, rotateAround } from './conduct.ts';
import { cut, delivered, padded, processLater, refused, substitute, truncated } from './delivery.ts';
import type { Fault } from './faults.ts';
import type { Gate } from './gate.ts';
import { withSignaturesSpoiled } from './signatures.ts';
import { altered, overridden, unpaid } from './tampering.ts';

/** What faults work with. `processAfresh` asks the mint past its NUT-19 cache. */
export type FaultTools = { mint: MintContext; gate: Gate; process: Process; processAfresh: Process };

/** Processes a request under a fault: what happens before, how often, and what becomes of the reply. */
export async function act(fault: Fault | null, request: SimRequest, tools: FaultTools): Promise<Delivery> {
  const { mint, gate, process } = tools;
  switch (fault?.kind) {
    case undefined:
      return delivered(await process(request));
    case 'drop_before':
      return cut;
    case 'drop_after':
      await process(request);
      return cut;
    case 'drop_then_process':
      processLater(fault.afterMs === null ? gate.wait() : mint.timers.wait(fault.afterMs), request, process);
      return cut;
    case 'delay':
      await mint.timers.wait(fault.delayMs);
      return delivered(await process(request));
    case 'hold':
      await gate.wait();
      return delivered(await process(request));
    case 'duplicate': {
      const first = await process(request);
      const second = await tools.processAfresh(request);
      return delivered(fault.answer === 'first' ? first : second);
    }
    case 'status':
    case 'error_code':
    case 'html':
    case 'redirect':
      if (fault.processed) await process(request);
      return substitute(fault);
    case 'truncate':
      return truncated(await process(request), fault);
    case 'huge_body':
      return delivered(padded(await process(request), fault));
    case 'lie_unpaid':
      return delivered(unpaid(await process(request)));
    case 'alter_quote':
      return delivered(altered(await process(request), fault));
    case 'override_state':
      return delivered(overridden(await process(request), fault));
    case 'spoil_signatures':
      return delivered(withSignaturesSpoiled(await process(request), fault));
    case 'change_late':
    case 'change_amount':
    case 'melt_pending':
      return delivered(await process({ ...request, orders: ordersOf(fault) }));
    case 'rotate_keyset':
      return delivered(await rotateAround(() => process(request), fault, mint));
    case 'forget_quote':
      if (!fault.really) return refused(codes.quoteUnknown, 'quote is not known');
      forgetQuoteOf(request, mint);
      return delivered(await process(request));
  }
}

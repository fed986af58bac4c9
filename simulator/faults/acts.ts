import type { Delivery, Process, Reply, SimRequest } from '../http/exchange.ts';
import type { MintContext } from '../mint/context.ts';
import { codes } from '../mint/errors.ts';
import { forgetQuoteOf, namesUnknownQuote, ordersOf, rotateAround } from './conduct.ts';
import { cut, delivered, padded, processLater, refused, substitute, tells, truncated } from './delivery.ts';
import type { Encounter } from './faultPlan.ts';
import type { Gate } from './gate.ts';
import { withSignaturesSpoiled } from './signatures.ts';
import { altered, overridden, unpaid } from './tampering.ts';

/** What faults work with. `processAfresh` asks the mint past its NUT-19 cache. */
export type FaultTools = { mint: MintContext; gate: Gate; process: Process; processAfresh: Process };

/**
 * Processes a request under a fault: what happens before, how often, and what becomes of the reply. Says so where that
 * differs from what would have happened: at once where the client is kept waiting, else when it is known.
 */
export async function act(
  encounter: Encounter | null,
  request: SimRequest,
  tools: FaultTools,
): Promise<Delivery> {
  const { mint, gate, process } = tools;
  if (encounter === null) return delivered(await process(request));
  const { fault, changed } = encounter;

  async function tampered(tamper: (truth: Reply) => Reply): Promise<Delivery> {
    const truth = await process(request);
    const told = delivered(tamper(truth));
    if (!tells(told, truth)) changed();
    return told;
  }

  switch (fault.kind) {
    case 'drop_before':
      changed();
      return cut;
    case 'drop_after':
      await process(request);
      changed();
      return cut;
    case 'drop_then_process':
      changed();
      processLater(fault.afterMs === null ? gate.wait() : mint.timers.wait(fault.afterMs), request, process);
      return cut;
    case 'delay':
      if (fault.delayMs > 0) changed();
      await mint.timers.wait(fault.delayMs);
      return delivered(await process(request));
    case 'hold':
      if (gate.hasRoom) changed();
      await gate.wait();
      return delivered(await process(request));
    case 'duplicate': {
      const first = await process(request);
      const second = await tools.processAfresh(request);
      // Hearing the first answer, a client is none the wiser, unless the second delivery was carried out where it was not.
      const isNoticed = fault.answer === 'second' || second.status === 200;
      if (isNoticed && !tells(delivered(second), first)) changed();
      return delivered(fault.answer === 'first' ? first : second);
    }
    case 'status':
    case 'error_code':
    case 'html':
    case 'redirect': {
      const truth = fault.processed ? await process(request) : null;
      const told = substitute(fault);
      if (truth === null || !tells(told, truth)) changed();
      return told;
    }
    case 'truncate': {
      const truth = await process(request);
      changed();
      return truncated(truth, fault);
    }
    case 'huge_body':
      return tampered((truth) => padded(truth, fault));
    case 'lie_unpaid':
      return tampered(unpaid);
    case 'alter_quote':
      return tampered((truth) => altered(truth, fault));
    case 'override_state':
      return tampered((truth) => overridden(truth, fault));
    case 'spoil_signatures':
      return tampered((truth) => withSignaturesSpoiled(truth, fault));
    case 'change_late':
    case 'change_amount':
    case 'melt_pending':
      return delivered(await process({ ...request, orders: ordersOf(fault, changed, tools) }));
    case 'rotate_keyset':
      changed();
      return delivered(await rotateAround(() => process(request), fault, mint));
    case 'forget_quote':
      if (fault.really) {
        if (forgetQuoteOf(request, mint)) changed();
        return delivered(await process(request));
      }
      if (!namesUnknownQuote(request, mint)) changed();
      return refused(codes.quoteUnknown, 'quote is not known');
  }
}

import type { Delivery, Process, Reply, SimRequest } from '../http/exchange.ts';
import type { Timers } from '../timers.ts';
import type { Gate } from './gate.ts';
import type { Fault } from './rules.ts';

export type FaultTools = { timers: Timers; gate: Gate };

/** Processes a request under a fault: what happens before, how often, and what becomes of the reply. */
export async function act(
  fault: Fault | null,
  request: SimRequest,
  process: Process,
  tools: FaultTools,
): Promise<Delivery> {
  switch (fault?.kind) {
    case undefined:
      return delivered(await process(request));
    case 'drop_before':
      return { kind: 'cut' };
    case 'drop_after':
      await process(request);
      return { kind: 'cut' };
    case 'delay':
      await tools.timers.wait(fault.delayMs);
      return delivered(await process(request));
    case 'status':
      return delivered({
        status: fault.status,
        headers: retryAfter(fault.retryAfterSeconds),
        body: fault.body,
      });
    case 'hold':
      await tools.gate.wait();
      return delivered(await process(request));
    case 'lie_unpaid':
      return delivered(unpaid(await process(request)));
    case 'change_late':
      return delivered(await process({ ...request, orders: { changeDelay: { afterMs: fault.afterMs } } }));
    case 'override_state':
      return delivered(overridden(await process(request), fault));
  }
}

function delivered(reply: Reply): Delivery {
  return { kind: 'reply', reply };
}

function retryAfter(seconds: number | null): Record<string, string> {
  return seconds === null ? {} : { 'Retry-After': String(seconds) };
}

/** A melt quote shown as if its payment had never begun. */
function unpaid(reply: Reply): Reply {
  if (reply.status !== 200 || !isObject(reply.body)) return reply;
  const { change: _, ...quote } = reply.body;
  return { ...reply, body: { ...quote, state: 'UNPAID', payment_preimage: null } };
}

function overridden(reply: Reply, { Y, state }: Extract<Fault, { kind: 'override_state' }>): Reply {
  if (!isObject(reply.body) || !Array.isArray(reply.body['states'])) return reply;
  const states = reply.body['states'].map((entry: unknown) =>
    isObject(entry) && (Y === '*' || entry['Y'] === Y) ? { ...entry, state } : entry,
  );
  return { ...reply, body: { ...reply.body, states } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

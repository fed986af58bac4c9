import type { Reply } from '../http/exchange.ts';
import type { FaultOf } from './faults.ts';

type Body = Readonly<Record<string, unknown>>;

/** A melt quote shown as if its payment had never begun. */
export function unpaid(reply: Reply): Reply {
  return retold(reply, (body) => {
    if (body['state'] === undefined) return body;
    const { change: _, ...quote } = body;
    return { ...quote, state: 'UNPAID', payment_preimage: null };
  });
}

/** A quote with other numbers and other members than the mint goes by. */
export function altered(reply: Reply, { add, set }: FaultOf<'alter_quote'>): Reply {
  return retold(reply, (body) => {
    const moved = Object.entries(add).flatMap(([name, delta]) => {
      const value = body[name];
      return typeof value === 'number' ? [[name, value + delta] as const] : [];
    });
    return { ...body, ...Object.fromEntries(moved), ...set };
  });
}

/** Proofs shown in another state than they are in. */
export function overridden(reply: Reply, { Y, state }: FaultOf<'override_state'>): Reply {
  return retold(reply, (body) => {
    if (!Array.isArray(body['states'])) return body;
    const states = body['states'].map((entry: unknown) =>
      isObject(entry) && (Y === '*' || entry['Y'] === Y) ? { ...entry, state } : entry,
    );
    return { ...body, states };
  });
}

/** A reply with another body; refusals stay as they are. */
export function retold(reply: Reply, tell: (body: Body) => Body): Reply {
  return reply.status === 200 && isObject(reply.body) ? { ...reply, body: tell(reply.body) } : reply;
}

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

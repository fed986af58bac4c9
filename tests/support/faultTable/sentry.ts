import type { Transport } from '../../../src/services/mint/transport.ts';
import { httpTransport } from '../carrier.ts';
import type { Requested } from './phases.ts';

/** Before a request leaves, or when it has come back and the server has not heard of it yet. */
type Moment = 'leaving' | 'back';
type Order = { moment: Moment; request: Requested; act: () => Promise<void> };

/** The ordinary way to the mint, with a guard who can be told to do something when a chosen request passes. */
export function createSentry() {
  let orders: readonly Order[] = [];
  let underWay = 0;
  const passed = new Set<string>();

  async function passing(moment: Moment, method: string, url: string): Promise<void> {
    const { pathname } = new URL(url);
    const due = orders.filter((order) => order.moment === moment && isFor(method, pathname, order.request));
    orders = orders.filter((order) => !due.includes(order));
    for (const { act } of due) await act();
  }

  const transport: Transport = async (request) => {
    const { method, url } = request;
    await passing('leaving', method, url);
    underWay += 1;
    const exchange = await httpTransport(request);
    underWay -= 1;
    passed.add(nameOf(method, new URL(url).pathname));
    await passing('back', method, url);
    return exchange;
  };
  return {
    transport,
    /** Done when the next such request passes, and then no more. */
    once: (moment: Moment, request: Requested, act: () => Promise<void>) => {
      orders = [...orders, { moment, request, act }];
    },
    forget: () => {
      orders = [];
    },
    underWay: () => underWay,
    /** Whether such a request has ever come back. */
    hasPassed: (method: string, path: string) => passed.has(nameOf(method, path)),
  };
}

export type Sentry = ReturnType<typeof createSentry>;

const nameOf = (method: string, path: string): string => `${method} ${path}`;

function isFor(method: string, path: string, requested: Requested): boolean {
  if (method !== requested.method) return false;
  return requested.path.endsWith('*')
    ? path.startsWith(requested.path.slice(0, -1))
    : path === requested.path;
}

import type { Transport } from '../../../src/services/mint/transport.ts';
import { httpTransport } from '../carrier.ts';
import type { Requested } from './phases.ts';

type Watch = {
  /** Called before such a request leaves. */
  leaving?: { request: Requested; act: () => Promise<void> };
  /** Called once such a request has come back, before the server hears of it. */
  back?: { request: Requested; act: () => Promise<void> };
};

/** The ordinary way to the mint, with a guard who can be told to do something when a chosen request passes. */
export function createSentry() {
  let watch: Watch = {};
  const transport: Transport = async (request) => {
    const passing = (requested: Requested | undefined) =>
      requested !== undefined && isFor(request.method, new URL(request.url).pathname, requested);
    if (passing(watch.leaving?.request)) await watch.leaving?.act();
    const exchange = await httpTransport(request);
    if (passing(watch.back?.request)) {
      const { back, ...rest } = watch;
      watch = rest;
      await back?.act();
    }
    return exchange;
  };
  return {
    transport,
    watch: (next: Watch) => {
      watch = next;
    },
  };
}

export type Sentry = ReturnType<typeof createSentry>;

function isFor(method: string, path: string, requested: Requested): boolean {
  if (method !== requested.method) return false;
  return requested.path.endsWith('*')
    ? path.startsWith(requested.path.slice(0, -1))
    : path === requested.path;
}

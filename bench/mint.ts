import { SimulatorClient } from '../simulator/client.ts';
import { startChild } from './child.ts';
import type { Usage } from './ipc.ts';
import { type Invoice, inLanes } from './load.ts';
import type { Options } from './options.ts';

/** What the mint's own books say: all ecash that is out, and the fees that it has taken; in sat. */
export type MintBooks = { outstandingSat: number; feesSat: number };

/** The mint that all contestants use, and the Lightning network behind it. */
export type BenchMint = {
  url: string;
  invoices(amountsSat: readonly number[]): Promise<Invoice[]>;
  /** null = a foreign mint does not tell. */
  usage(): Promise<Usage | null>;
  requestCount(): Promise<number | null>;
  books(): Promise<MintBooks | null>;
  /** Each request that comes during `work` is answered so much later; 0 = none is. */
  whileLate<T>(delayMs: number, work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
};

const writtenAtOnce = 8;

export function openMint(foreign: Options['foreign']): Promise<BenchMint> {
  return foreign === null ? startSimulated() : Promise.resolve(foreignMint(foreign));
}

/** The simulator as a process of its own. It pays every mint quote at once. */
async function startSimulated(): Promise<BenchMint> {
  const script = new URL('../simulator/main.ts', import.meta.url);
  const child = startChild(script, {
    SIM_PORT: '0',
    SIM_AUTO_PAY_AFTER_MS: '0',
    // As nginx does. A wallet whose event loop is late for seconds would find its connections closed.
    SIM_KEEP_ALIVE_SECONDS: '75',
  });
  const told: { url?: string } = JSON.parse(await child.firstLine());
  const url = told.url ?? '';
  const sim = new SimulatorClient(url);
  return {
    url,
    invoices: (amountsSat) =>
      inLanes(amountsSat, writtenAtOnce, async (amountSat) => {
        const { invoice } = await sim.invoice({ amount: amountSat });
        return { request: invoice, amountSat };
      }),
    usage: child.usage,
    requestCount: async () => (await sim.requests()).at(-1)?.number ?? 0,
    async books() {
      const { outstanding, feesCollected, keptOverpay } = await sim.books();
      return { outstandingSat: outstanding, feesSat: feesCollected + keptOverpay };
    },
    async whileLate(delayMs, work) {
      if (delayMs > 0) await sim.addFaults({ fault: { kind: 'delay', delayMs }, times: null });
      try {
        return await work();
      } finally {
        if (delayMs > 0) await sim.clearFaults();
      }
    },
    stop: child.end,
  };
}

/** A mint that runs already, and another one to write the invoices that it pays. */
function foreignMint({ mintUrl, invoicesUrl }: { mintUrl: string; invoicesUrl: string }): BenchMint {
  return {
    url: mintUrl,
    invoices: (amountsSat) =>
      inLanes(amountsSat, writtenAtOnce, async (amountSat) => ({
        request: await mintQuote(invoicesUrl, amountSat),
        amountSat,
      })),
    usage: async () => null,
    requestCount: async () => null,
    books: async () => null,
    whileLate: (_delayMs, work) => work(),
    stop: async () => undefined,
  };
}

/** NUT-04: the invoice of a mint quote. @throws Error with what was answered instead */
async function mintQuote(url: string, amountSat: number): Promise<string> {
  const response = await fetch(`${url}/v1/mint/quote/bolt11`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount: amountSat, unit: 'sat' }),
  });
  const answer: unknown = await response.json();
  const invoice = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'request') : null;
  if (typeof invoice !== 'string') throw new Error(`${url} wrote no invoice: ${JSON.stringify(answer)}`);
  return invoice;
}

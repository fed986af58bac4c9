import type { Drill } from './drill.ts';
import { newInvoice } from './paying.ts';
import { type Scrape, sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

/** Young objects get little room, so that what is scraped is held and not only not collected yet. */
const heapOf = (mib: number) => ({ NODE_OPTIONS: `--max-old-space-size=${mib} --max-semi-space-size=2` });
/** What a server needs at rest, and half as much again. */
const tightMib = 80;
const enoughMib = 256;

/** A mint that takes so long for a quote, and a server that has the patience. */
const slowMs = 55_000;
const patient = { CRUCIBLE_MINT_TIMEOUT_MS: '60000', CRUCIBLE_RATE_LIMIT: 'off' };

/** So many more come each second, until the heap is nearly full; the same many come back sooner. Below the connections of one address. */
const newcomers = 150;
const comingBack = 300;
const mostWaiting = 1_900;
/** As the alert has it, and a little more, since the same crowd does not always take the same room. */
const nearlyFull = 0.85;
const fullForSure = 0.87;

const fullness = (scrape: Scrape): number =>
  sumOf(scrape, 'nodejs_heap_size_used_bytes') / sumOf(scrape, 'nodejs_heap_size_limit_bytes');

/** Customers who wait for a slow mint: a server remembers each of them until the answer has left. */
function createMemoryGrowth(): Drill {
  /** So many shall wait at a time, and so many do. */
  let crowd = 0;
  let waiting = 0;
  let isSlow = false;
  let invoice = '';
  let isFull = false;
  let latest: { full: number; isCrowded: boolean }[] = [];

  /** The last three readings: one alone may be of what is about to be collected. */
  const noted = (scrape: Scrape) => {
    latest = [...latest, { full: fullness(scrape), isCrowded: waiting > 0.9 * crowd }].slice(-3);
    return latest.length < 3 ? [] : latest;
  };

  async function slowDown(stack: Stack): Promise<void> {
    isSlow = true;
    invoice = await newInvoice(stack);
    const fault = { kind: 'delay', delayMs: slowMs } as const;
    await stack
      .sim()
      .addFaults({ match: { method: 'POST', path: '/v1/melt/quote/bolt11' }, fault, times: null });
  }

  function come(stack: Stack): void {
    const path = `/api/wallet/${stack.at().npub}/melt/quote`;
    for (let left = Math.min(isFull ? comingBack : newcomers, crowd - waiting); left > 0; left -= 1) {
      waiting += 1;
      void stack
        .call('POST', path, { body: { invoice } })
        .catch(() => null) // the end of the server cuts them off
        .then(() => {
          waiting -= 1;
        });
    }
  }

  return {
    name: 'memory-growth',
    symptom: 'the heap of a server fills up, because many customers wait for a slow mint',
    runbook: 'memory-growth',
    alert: 'CrucibleHeapNearlyFull',
    metric: 'nodejs_heap_size_used_bytes',
    env: { ...heapOf(tightMib), ...patient },
    async live(stack) {
      if (isSlow && !isFull && waiting >= crowd) crowd = Math.min(mostWaiting, crowd + newcomers);
      come(stack);
      return null;
    },
    provoke: slowDown,
    shows(now) {
      const readings = now === null ? [] : noted(now);
      const enough = isFull ? nearlyFull : fullForSure;
      isFull = readings.length > 0 && readings.every(({ full }) => full > enough);
      return isFull;
    },
    async cure(stack) {
      await stack.restart({ ...heapOf(enoughMib), ...patient });
    },
    isCured(now) {
      const readings = noted(now);
      return readings.length > 0 && readings.every(({ full, isCrowded }) => isCrowded && full < nearlyFull);
    },
  };
}

export const memoryDrills = (): Drill[] => [createMemoryGrowth()];

import type { Random } from './random.ts';

/** A process of the simulated world. What belongs to a dead one never happens; a stalled one does nothing for a while. */
export type Actor = { name: string; alive: boolean; stalledUntilMs: number; skewMs: number };

type Event = { atMs: number; order: number; actor: Actor | null; run: () => void; cancelled: boolean };

export type Scheduled = { cancel(): void };

/**
 * Virtual time and everything that happens in it, one event after the other. After each, all promises that it has settled
 * run out before the next: whatever code awaits, the order follows from the seed.
 */
export type Scheduler = {
  nowMs(): number;
  /** The process whose code is running just now. */
  current(): Actor | null;
  after(delayMs: number, actor: Actor | null, run: () => void): Scheduled;
  /** Runs the next event. @returns false where nothing is left to happen. */
  step(): Promise<boolean>;
  /** Time passes without anybody having run: a suspended machine. What was due meanwhile is late. */
  jump(byMs: number): void;
  /** Runs code as a process, at this moment. */
  as(actor: Actor, run: () => void): void;
};

export function createScheduler(random: Random): Scheduler {
  const heap: Event[] = [];
  let nowMs = 0;
  let order = 0;
  let current: Actor | null = null;

  function after(delayMs: number, actor: Actor | null, run: () => void): Scheduled {
    order += 1;
    // A fraction of a millisecond decides who is first among those that are due together.
    const atMs = nowMs + Math.max(0, delayMs) + random.next() * 0.9;
    const event: Event = { atMs, order, actor, run, cancelled: false };
    push(heap, event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  async function step(): Promise<boolean> {
    for (;;) {
      const event = pop(heap);
      if (event === undefined) return false;
      const { actor } = event;
      if (event.cancelled || actor?.alive === false) continue;
      nowMs = Math.max(nowMs, event.atMs);
      if (actor !== null && actor.stalledUntilMs > nowMs) {
        push(heap, { ...event, atMs: actor.stalledUntilMs });
        event.cancelled = true;
        continue;
      }
      current = actor;
      event.run();
      await quiet();
      current = null;
      return true;
    }
  }

  function as(actor: Actor, run: () => void): void {
    const before = current;
    current = actor;
    run();
    current = before;
  }

  return {
    nowMs: () => nowMs,
    current: () => current,
    after,
    step,
    as,
    jump: (byMs) => {
      nowMs += byMs;
    },
  };
}

const realSetImmediate = setImmediate;

/** Resolves once every promise that could be settled has been. */
export const quiet = (): Promise<void> => new Promise((resolve) => realSetImmediate(resolve));

const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (last === undefined || last === first) return first;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[at * 2 + 1], heap[at * 2 + 2]];
    const smaller = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
    if (smaller === undefined || !isBefore(smaller, last)) break;
    heap[at] = smaller;
    at = smaller === right ? at * 2 + 2 : at * 2 + 1;
  }
  heap[at] = last;
  return first;
}

import type { Random } from './random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** Where virtual time begins. */
export const epochMs = Date.UTC(2026, 0, 1);

let scheduler: Scheduler | null = null;
let random: Random | null = null;

/** From here on timers, clocks and chance of the whole process are those of one simulated world. */
export function enter(world: { scheduler: Scheduler; random: Random }): void {
  scheduler = world.scheduler;
  random = world.random;
}

const RealDate = Date;

function wallClockMs(): number {
  if (scheduler === null) return RealDate.now();
  return Math.floor(epochMs + scheduler.nowMs() + (scheduler.current()?.skewMs ?? 0));
}

/** `Date` that knows virtual time alone. */
class VirtualDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(wallClockMs());
    else super(given[0]);
  }
  static override now(): number {
    return wallClockMs();
  }
}

/** What a timer function returns here: enough of Node's for the code under test. */
class VirtualTimer {
  #event: Scheduled;
  constructor(event: Scheduled) {
    this.#event = event;
  }
  repeat(event: Scheduled): void {
    this.#event = event;
  }
  cancel(): void {
    this.#event.cancel();
  }
  unref(): this {
    return this;
  }
}

function world(): Scheduler {
  if (scheduler === null) throw new Error('no simulated world has been entered');
  return scheduler;
}

function setVirtualTimeout(run: () => void, delayMs = 0): VirtualTimer {
  return new VirtualTimer(world().after(delayMs, world().current(), () => run()));
}

function setVirtualInterval(run: () => void, delayMs: number): VirtualTimer {
  const owner = world().current();
  let stopped = false;
  const again = (): Scheduled => {
    const event = world().after(delayMs, owner, () => {
      run();
      if (!stopped) timer.repeat(again());
    });
    return {
      cancel: () => {
        stopped = true;
        event.cancel();
      },
    };
  };
  const timer = new VirtualTimer(again());
  return timer;
}

const cancelVirtual = (timer: unknown): void => {
  if (timer instanceof VirtualTimer) timer.cancel();
};

/** Replaces the process' timers, clocks and `Math.random`, once, before the first world. */
export function replaceGlobals(): void {
  const replacements = {
    setTimeout: setVirtualTimeout,
    setInterval: setVirtualInterval,
    clearTimeout: cancelVirtual,
    clearInterval: cancelVirtual,
    Date: VirtualDate,
  };
  for (const [name, replacement] of Object.entries(replacements)) Reflect.set(globalThis, name, replacement);
  Reflect.defineProperty(performance, 'now', { value: () => world().nowMs(), configurable: true });
  Math.random = () => random?.next() ?? 0.5;
}

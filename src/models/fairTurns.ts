import { timer } from '../timing.ts';

/** A turn did not come in time, or too many were waited for: nothing was begun. Another try may help. */
export class NoTurn extends Error {
  constructor(why: string) {
    super(`no turn: ${why}`);
    this.name = 'NoTurn';
  }
}

/**
 * Turns on what bears only so much at once. Who waits does so in a line of its own, and the lines are served one after the
 * other: a wallet with hundreds of tasks holds up another's first one by one of them.
 */
export type FairTurns = {
  /**
   * What `task` comes to, which begins when it is its turn.
   * @throws NoTurn after `withinMs` without one, and whatever `task` throws
   */
  inTurn<T>(name: string, withinMs: number, task: () => Promise<T>): Promise<T>;
  /** How many wait: in the line of this name, or in all of them. */
  waiting(name?: string): number;
};

/**
 * At most `places` tasks run at once, besides those that have run for longer than `holdMs`: their places go to others, so that
 * nothing which stands still stops everything, be it a task that waits for a turn within its own.
 */
export function createFairTurns({ places, holdMs }: { places: number; holdMs: number }): FairTurns {
  /** In the order of their next turns, and none is empty. While anybody waits, every place is taken. */
  const lines = new Map<string, (() => void)[]>();
  let taken = 0;

  async function inTurn<T>(name: string, withinMs: number, task: () => Promise<T>): Promise<T> {
    if (taken < places) taken += 1;
    else await queue(name, withinMs);
    const leave = hold();
    try {
      return await task();
    } finally {
      leave();
    }
  }

  /** Comes back with a place that somebody has passed on. */
  async function queue(name: string, withinMs: number): Promise<void> {
    const line = lines.get(name) ?? [];
    lines.set(name, line);
    const turn = Promise.withResolvers<void>();
    line.push(turn.resolve);
    const patience = timer(withinMs);
    await Promise.race([turn.promise, patience.elapsed]);
    patience.cancel();
    // Who is still in line was not called; who was called just as it gave up has the place all the same.
    const place = line.indexOf(turn.resolve);
    if (place === -1) return;
    line.splice(place, 1);
    if (line.length === 0) lines.delete(name);
    throw new NoTurn(`none in ${Math.round(withinMs)} ms`);
  }

  /** @returns what gives the place back, once */
  function hold(): () => void {
    let isMine = true;
    const leave = () => {
      clearTimeout(slow);
      if (isMine) passOn();
      isMine = false;
    };
    const slow = setTimeout(leave, holdMs);
    return leave;
  }

  function passOn(): void {
    const begin = nextInTurn();
    if (begin === undefined) taken -= 1;
    else begin();
  }

  /** The first of the first line, which is the last then: every other has a turn before its next. */
  function nextInTurn(): (() => void) | undefined {
    const [first] = lines;
    if (first === undefined) return undefined;
    const [name, line] = first;
    const begin = line.shift();
    lines.delete(name);
    if (line.length > 0) lines.set(name, line);
    return begin;
  }

  function waiting(name?: string): number {
    if (name !== undefined) return lines.get(name)?.length ?? 0;
    return [...lines.values()].reduce((sum, line) => sum + line.length, 0);
  }

  return { inTurn, waiting };
}

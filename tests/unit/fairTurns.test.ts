import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFairTurns, NoTurn } from '../../src/models/fairTurns.ts';
import { pause } from '../../src/timing.ts';

const longMs = 60_000;

/** Tasks that end when they are told to, and a diary of who has begun. */
function hall(places: number, holdMs = longMs) {
  const turns = createFairTurns({ places, holdMs });
  const running: { name: string; number: number; end: (error?: Error) => void }[] = [];
  const begun: { name: string; number: number }[] = [];
  let number = 0;

  function put(name: string, withinMs = longMs): Promise<void> {
    number += 1;
    const mine = { name, number };
    return turns.inTurn(name, withinMs, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry = { ...mine, end: (error?: Error) => (error === undefined ? resolve() : reject(error)) };
      running.push(entry);
      begun.push(mine);
      await promise.finally(() => running.splice(running.indexOf(entry), 1));
    });
  }

  const names = () => begun.map(({ name }) => name).join('');
  return { turns, running, begun, put, names };
}

/** Lets everything happen that waits for nothing but promises. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const moves = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat(), fails: fc.boolean() }),
  ),
  { maxLength: 120 },
);

describe('fair turns', () => {
  it('run no more than there are places, never leave one empty, are fair, and end everything that was put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), moves, async (places, made) => {
        const { turns, running, begun, put } = hall(places);
        const outcomes: Promise<unknown>[] = [];
        const asked: { name: string; number: number }[] = [];
        /** Who waited right after each name's last turn and has had none since: none of them may be passed by. */
        const owed = new Map<string, Set<string>>();
        let seen = 0;

        async function look(): Promise<void> {
          await settle();
          for (const { name, number } of begun.slice(seen)) {
            expect([...(owed.get(name) ?? [])]).toEqual([]);
            for (const others of owed.values()) others.delete(name);
            // In the line of one name whoever came first begins first.
            expect(asked.find((one) => one.name === name)?.number).toBe(number);
            asked.splice(
              asked.findIndex((one) => one.number === number),
              1,
            );
            owed.set(name, new Set(asked.map((one) => one.name).filter((other) => other !== name)));
          }
          seen = begun.length;
          expect(running.length).toBe(Math.min(places, running.length + turns.waiting()));
          expect(turns.waiting()).toBe(asked.length);
        }

        async function end(which: number, fails: boolean): Promise<void> {
          running[which % Math.max(1, running.length)]?.end(fails ? new Error('failed') : undefined);
          await look();
        }

        for (const move of made) {
          if (move.kind === 'put') {
            asked.push({ name: move.name, number: outcomes.length + 1 });
            outcomes.push(put(move.name).catch(() => 'failed'));
            await look();
          } else await end(move.which, move.fails);
        }
        while (running.length > 0) await end(0, false);
        await Promise.all(outcomes);
        expect(begun.length).toBe(outcomes.length);
      }),
      { numRuns: 200 },
    );
  });

  it('have one task of a wallet wait for one of another that has two hundred', async () => {
    const { running, put, names } = hall(1);
    const all = Array.from({ length: 200 }, () => put('a'));
    all.push(put('b'));
    for (let ended = 0; ended <= 200; ended += 1) {
      running[0]?.end();
      await settle();
    }
    await Promise.all(all);
    expect(names().slice(0, 4)).toBe('aaba');
  });

  it('hand what a task comes to, or throws, to whoever asked for it', async () => {
    const turns = createFairTurns({ places: 1, holdMs: longMs });
    await expect(turns.inTurn('a', longMs, async () => 7)).resolves.toBe(7);
    const failing = turns.inTurn('a', longMs, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await expect(turns.inTurn('a', longMs, async () => 8)).resolves.toBe(8);
  });

  it('are given up by whom none came to in time; nothing was begun, and those behind keep their order', async () => {
    const { turns, running, put, names } = hall(1);
    const first = put('a');
    const late = put('b', 5);
    const patient = put('b');
    await expect(late).rejects.toThrow(NoTurn);
    expect(turns.waiting('b')).toBe(1);
    running[0]?.end();
    await first;
    await settle();
    running[0]?.end();
    await patient;
    expect(names()).toBe('ab');
    expect(turns.waiting()).toBe(0);
  });

  it('go on past a task that stands still, or that waits for a turn within its own', async () => {
    const { turns, running, put, names } = hall(1, 20);
    const stuck = put('a');
    const other = put('b');
    await pause(60);
    expect(names()).toBe('ab');
    for (const { end } of [...running]) end();
    await Promise.all([stuck, other]);
    const nested = turns.inTurn('a', longMs, () => turns.inTurn('a', longMs, async () => 'inner'));
    await expect(nested).resolves.toBe('inner');
    // Late ends gave no place back twice.
    const two = [put('a'), put('b')];
    await settle();
    expect(running.length).toBe(1);
    await pause(60);
    for (const { end } of [...running]) end();
    await Promise.all(two);
  });
});

import { mock } from 'node:test';
import { expect, it } from '@jest/globals';
import { createShortMemory } from '../../src/models/shortMemory.ts';

const limits = { maxEntries: 2, keepMs: 1_000 };

it('makes what is asked for once, also for those who ask meanwhile', async () => {
  const memory = createShortMemory<string>(limits);
  let made = 0;
  const make = async () => `made ${++made}`;
  const both = [memory.recall('a', make), memory.recall('a', make)];
  expect(await Promise.all(both)).toEqual(['made 1', 'made 1']);
  expect(await memory.recall('a', make)).toBe('made 1');
});

it('forgets after its time, however often it was asked for', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const memory = createShortMemory<number>(limits);
    let made = 0;
    const make = async () => ++made;
    await memory.recall('a', make);
    mock.timers.tick(999);
    expect(await memory.recall('a', make)).toBe(1);
    mock.timers.tick(1);
    expect(await memory.recall('a', make)).toBe(2);
  } finally {
    mock.timers.reset();
  }
});

it('keeps no more than its limit, and the newest', async () => {
  const memory = createShortMemory<string>(limits);
  for (const name of ['a', 'b', 'c']) await memory.recall(name, async () => 'old');
  expect(await memory.recall('b', async () => 'new')).toBe('old');
  expect(await memory.recall('c', async () => 'new')).toBe('old');
  expect(await memory.recall('a', async () => 'new')).toBe('new');
});

it('keeps no failure', async () => {
  const memory = createShortMemory<string>(limits);
  const fails = async (): Promise<string> => {
    throw new Error('not now');
  };
  await expect(memory.recall('a', fails)).rejects.toThrow('not now');
  expect(await memory.recall('a', async () => 'now')).toBe('now');
});

it('holds what it was told last', async () => {
  const memory = createShortMemory<string>(limits);
  const never = async (): Promise<string> => {
    throw new Error('it is known');
  };
  await memory.recall('a', async () => 'old');
  memory.replace('a', 'new');
  expect(await memory.recall('a', never)).toBe('new');
  memory.replace('b', 'first');
  expect(await memory.recall('b', never)).toBe('first');
});

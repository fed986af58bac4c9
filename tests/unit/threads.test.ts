import { afterEach, expect, it } from '@jest/globals';
import { createThreads, type Threads } from '../../src/services/ecash/threads.ts';

const file = new URL('../fixtures/threads/moody.mjs', import.meta.url);
type Mood = 'answers' | 'dawdles' | 'throws' | 'dies' | 'breaks' | 'hangs';

let threads: Threads<Mood>;
const open = (size = 1, maxWaiting = 2) => {
  threads = createThreads<Mood>(file, size, maxWaiting);
};
const answer = () => threads.run<string>('answers');
afterEach(() => threads.close());

it('tasks are done by as many threads as there may be, the others in their turn', async () => {
  open(2, 10);
  expect(await Promise.all(Array.from({ length: 20 }, answer))).toEqual(Array(20).fill('an answer'));
});

it('what a task throws is thrown where it was asked for, and its thread goes on', async () => {
  open();
  await expect(threads.run('throws')).rejects.toThrow(new RangeError('out of range'));
  expect(await answer()).toBe('an answer');
});

it.each([
  ['dies', 'exit code 3'],
  ['breaks', new Error('broken')],
] as const)('a thread that %s fails the task that it had, and another does the next', async (mood, cause) => {
  open();
  const fate = threads.run(mood).catch((error: unknown) => error);
  const next = answer();
  expect(await fate).toMatchObject({ message: 'A thread has ended with its task undone.', cause });
  expect(await next).toBe('an answer');
  expect(await answer()).toBe('an answer');
});

it('it is told when so many tasks wait that no more should', async () => {
  open(1, 2);
  const hanging = threads.run('hangs').catch(() => 'ended');
  const first = answer().catch(() => 'ended');
  expect(threads.isFull()).toBe(false);
  const second = answer().catch(() => 'ended');
  await new Promise(setImmediate);
  expect(threads.isFull()).toBe(true);
  await threads.close();
  expect(await Promise.all([hanging, first, second])).toEqual(['ended', 'ended', 'ended']);
});

it('what is under way and what waits fails when they are ended, and nothing is begun after that', async () => {
  open();
  const fates = [threads.run('hangs'), answer()].map((task) => task.catch((error: unknown) => error));
  await threads.close();
  for (const fate of fates) expect(await fate).toBeInstanceOf(Error);
  await expect(answer()).rejects.toThrow('ended');
});

it('where no other thread is to be had, those that live do what waits', async () => {
  const gone = new URL(file);
  threads = createThreads<Mood>(gone, 2, 10);
  const dead = threads.run('dies').catch(() => 'dead');
  const others = [threads.run('dawdles'), answer(), answer()];
  gone.href = 'http://nowhere.invalid/';
  expect(await dead).toBe('dead');
  expect(await Promise.all(others)).toEqual(Array(3).fill('an answer'));
});

it('where none at all is to be had, what waits for one fails, and nothing waits for ever', async () => {
  const gone = new URL(file);
  threads = createThreads<Mood>(gone, 1, 10);
  const fates = [threads.run('dies'), answer(), answer()].map((task) =>
    task.catch((error: unknown) => error),
  );
  gone.href = 'http://nowhere.invalid/';
  for (const fate of fates) expect(await fate).toBeInstanceOf(Error);
});

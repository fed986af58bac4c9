import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Standing } from '../../src/models/standing.ts';
import { buildIndexes, type Database } from '../../src/repositories/database.ts';
import { createSharedCount } from '../../src/repositories/sharedCount.ts';
import { createStandings } from '../../src/repositories/standings.ts';
import { openFresh } from '../support/openFresh.ts';

const start = new Date('2026-11-22T00:00:00Z');
const at = (seconds: number) => new Date(start.getTime() + seconds * 1_000);
const index = 'latest_by_status_and_severity';

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
});
afterAll(() => end());

/** Seconds since the start at which each question was answered; null where that is not known. */
const times = (standing: Standing) =>
  Object.fromEntries(
    Object.entries(standing).map(([question, counted]) => [
      question,
      counted === null ? null : (counted.at.getTime() - start.getTime()) / 1_000,
    ]),
  );
const all = (seconds: number) => ({
  operations: seconds,
  reports: seconds,
  unsealed: seconds,
  recovering: seconds,
});

test('a question that cannot be answered keeps its last answer for a minute, on every instance, and hides no other', async () => {
  const [one, other] = [createStandings(database, 60_000, []), createStandings(database, 60_000, [])];
  expect(times(await one.latest(at(0)))).toEqual({ ...all(0), solvency: 0 });
  await database.reports.collection.dropIndex(index);

  expect(times(await one.latest(at(30)))).toEqual({ ...all(30), reports: 0, solvency: 0 });
  // This one has never known it itself.
  expect(times(await other.latest(at(50)))).toEqual({ ...all(50), reports: 0, solvency: 0 });

  // Six hours later as after a minute, whoever asks, and however often.
  for (const seconds of [70, 140, 6 * 3_600])
    for (const [instance, after] of [
      [one, 0],
      [other, 3],
      [other, 9],
    ] as const) {
      const told = times(await instance.latest(at(seconds + after)));
      expect({ seconds, reports: told['reports'] }).toEqual({ seconds, reports: null });
      expect(told['operations']).toBeGreaterThanOrEqual(seconds);
      expect(told['solvency']).toBeGreaterThanOrEqual(seconds - 60);
    }

  await buildIndexes(database);
  expect(times(await other.latest(at(7 * 3_600)))).toEqual({ ...all(7 * 3_600), solvency: 7 * 3_600 });
});

test('what walks all wallets is counted once a minute, and everything else after five seconds', async () => {
  const [one, other] = [createStandings(database, 60_000, []), createStandings(database, 60_000, [])];
  const hours = 8 * 3_600;
  const counted = async (instance: typeof one, seconds: number) => {
    const told = times(await instance.latest(at(hours + seconds)));
    return [told['operations'], told['solvency']].map((time) => Number(time) - hours);
  };
  expect(await counted(one, 0)).toEqual([0, 0]);
  expect(await counted(other, 4)).toEqual([0, 0]);
  expect(await counted(other, 6)).toEqual([6, 0]);
  expect(await counted(one, 59)).toEqual([59, 0]);
  expect(await counted(other, 61)).toEqual([59, 61]);
});

test('an answer that could not be stored is told by whoever has asked, and not an older one that is', async () => {
  let asked = 0;
  const ask = async () => (asked += 1);
  const count = createSharedCount(database, { name: 'asked', everyMs: 60_000, limitMs: 1_000, ask });
  expect(await count(at(0))).toEqual({ at: at(0), value: 1 });
  const { standings } = database;
  const { updateOne } = standings;
  const failing = (...given: Parameters<typeof updateOne>) => {
    if (JSON.stringify(given[1]).includes('counted')) throw new Error('not just now');
    return updateOne.apply(standings, given);
  };
  Object.assign(standings, { updateOne: failing });
  expect(await count(at(61))).toEqual({ at: at(61), value: 2 });
  Reflect.deleteProperty(standings, 'updateOne');
  expect(await count(at(62))).toEqual({ at: at(61), value: 2 });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startWorld, until, type World } from '../support/world.ts';

const dayMs = 86_400_000;

let aheadMs = -40 * dayMs;
let world: World;
beforeAll(async () => {
  world = await startWorld({
    workers: false,
    env: { CRUCIBLE_REPORT_RETENTION_DAYS: '30' },
    overrides: { now: () => new Date(Date.now() + aheadMs) },
  });
});
afterAll(() => world.end());

const reports = () => world.context.services.reports;

const filed = (name: string): Promise<string> =>
  reports().file({ dedupeKey: `test:${name}`, severity: 'HIGH', code: 'FEE_ABOVE_LIMIT', summary: name });
const resolve = (supportId: string) =>
  world.call('POST', `/api/support/reports/${supportId}/resolve`, { note: 'seen' });
const statusOf = async (supportId: string) => {
  const { status, body } = await world.call('GET', `/api/support/reports/${supportId}`);
  return status === 404 ? 'gone' : body['status'];
};

it('reports that ended a month ago are removed; those that are open, or ended since, stay for as long as they are', async () => {
  const open = await filed('open');
  const closed = await filed('closed');
  await reports().close('test:closed', 'It is over.');
  const resolved = await filed('resolved');
  await resolve(resolved);
  const closedLate = await filed('closed late');
  const resolvedLate = await filed('resolved late');
  aheadMs = -20 * dayMs;
  await reports().close('test:closed late', 'It is over at last.');
  await resolve(resolvedLate);
  aheadMs = 0;

  // Who looks after old reports does so when it starts, too.
  const { stop } = await world.instance(undefined, true);
  await until(async () => (await statusOf(closed)) === 'gone', 'the closed one removed');
  await until(async () => (await statusOf(resolved)) === 'gone', 'the resolved one removed');
  expect(await statusOf(open)).toBe('open');
  expect(await statusOf(closedLate)).toBe('closed');
  expect(await statusOf(resolvedLate)).toBe('resolved');
  const audited = await world.context.database.audit.countDocuments({ event: 'report.resolved' });
  expect(audited).toBe(2);
  await stop();
});

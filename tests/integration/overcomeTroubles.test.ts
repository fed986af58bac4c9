import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ReportDraft } from '../../src/models/report.ts';
import { startWorld, until, type World } from '../support/world.ts';

let world: World;
let aheadMs = 0;
beforeAll(async () => {
  world = await startWorld({ overrides: { now: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => world.end());

const reportOf = async (dedupeKey: string) =>
  await world.context.database.reports.findOne({ dedupe_key: dedupeKey }).lean();

const isClosed = async (dedupeKey: string) => (await reportOf(dedupeKey))?.status === 'closed';

it('troubles of the whole server are closed once they are over, and only then; what people must do stays open', async () => {
  const { reports } = world.context.services;
  const draft = (dedupeKey: string): ReportDraft => ({
    dedupeKey,
    severity: 'HIGH',
    code: dedupeKey,
    summary: 'refused',
  });
  for (const code of ['DATABASE_UNAVAILABLE', 'SHUTTING_DOWN', 'INTERNAL_ERROR', 'MINT_ERROR'])
    await reports.file(draft(code));
  const { at } = await world.wallet();
  const asked = async () => (await world.call('POST', `${at}/mint`, { amount: 10 })).status;
  await world.sim.addFaults({ match: { path: '/v1/*' }, fault: 'drop_before', times: null });
  for (let times = 0; times < 4; times += 1) expect(await asked()).toBe(503);

  aheadMs = 61_000;
  await until(() => isClosed('DATABASE_UNAVAILABLE'), 'the first closed', 30_000);
  await until(() => isClosed('SHUTTING_DOWN'), 'the second closed', 30_000);
  expect(await reportOf('DATABASE_UNAVAILABLE')).toMatchObject({
    closed_how: 'The database takes writes again.',
  });
  expect(await reportOf('MINT_UNAVAILABLE')).toMatchObject({ status: 'open' });

  await world.sim.clearFaults();
  await until(async () => (await asked()) === 201, 'the mint asked again');
  aheadMs = 122_000;
  await until(() => isClosed('MINT_UNAVAILABLE'), 'the third closed', 30_000);
  expect(await reportOf('MINT_UNAVAILABLE')).toMatchObject({ closed_how: 'Every mint has answered since.' });
  expect(await reportOf('MINT_ERROR')).toMatchObject({ status: 'open' });

  aheadMs = 3_700_000;
  await until(() => isClosed('MINT_ERROR'), 'the fourth closed', 30_000);
  expect(await reportOf('MINT_ERROR')).toMatchObject({
    closed_how: 'Every mint has answered since, and nobody has met it for an hour.',
  });
  expect(await reportOf('INTERNAL_ERROR')).toMatchObject({ status: 'open' });
}, 120_000);

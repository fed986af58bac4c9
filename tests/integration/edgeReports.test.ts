import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { createLogger } from '../../src/logger.ts';
import type { ReportDraft } from '../../src/models/report.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createReportSpool } from '../../src/repositories/reportSpool.ts';
import { createReportRepository, type ReportRepository } from '../../src/repositories/reports.ts';
import { createReportService } from '../../src/services/reportService.ts';
import { openFresh } from '../support/openFresh.ts';

let database: Database;
let end: () => Promise<void>;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crucible-spool-'));
  ({ database, end } = await openFresh());
});
afterAll(async () => {
  await end();
  await rm(directory, { recursive: true });
});

const draft = (dedupeKey: string, requestId = 'req'): ReportDraft => ({
  dedupeKey,
  severity: 'HIGH',
  code: 'MINT_UNAVAILABLE',
  summary: 'The mint is silent.',
  requestId,
});
const logger = createLogger('silent');
const now = () => new Date();
const serviceOver = (reports: ReportRepository) =>
  createReportService({ reports, spool: spoolOf(database.appName), config, logger, now, retryMs: 20 });
const config = { reportRetentionDays: 0 };
const spoolOf = (instance: string) => createReportSpool({ directory, instance, logger });
const stored = (dedupeKey: string) => database.reports.find({ dedupe_key: dedupeKey }).sort({ at: 1 }).lean();

/** A repository whose database can be taken away: it then fails as the driver does. */
function fallible() {
  const real = createReportRepository(database);
  const state = { away: false };
  const unless = <T extends unknown[], R>(act: (...values: T) => Promise<R>) => {
    return async (...values: T): Promise<R> => {
      if (state.away) throw new mongo.MongoNetworkError('connection refused');
      return act(...values);
    };
  };
  const reports = {
    ...real,
    file: unless(real.file),
    alsoKnownAs: unless(real.alsoKnownAs),
    close: unless(real.close),
  };
  return { state, reports };
}

describe('Reports of one incident', () => {
  it('met by two instances at once are one report', async () => {
    const instances = [
      serviceOver(createReportRepository(database)),
      serviceOver(createReportRepository(database)),
    ];
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, i) => instances[i % 2]?.file(draft('race', `req-${i}`))),
    );
    await eventually(async () => expect(await stored('race')).toMatchObject([{ count: 40, status: 'open' }]));
    const [report] = await stored('race');
    expect(report?.request_ids).toHaveLength(20);
    // Who has to wait too long for the database is promised an id, which leads to the same report.
    await eventually(async () => {
      const [{ _id, other_ids = [] } = { _id: '' }] = await stored('race');
      expect([_id, ...other_ids]).toEqual(expect.arrayContaining(ids));
    });
  });

  it('are a new report once the old one is closed', async () => {
    const service = serviceOver(createReportRepository(database));
    const first = await service.file(draft('again'));
    await service.close('again', 'the mint is back');
    await service.close('again', 'nothing to close any more');
    const second = await service.file(draft('again'));
    expect(second).not.toBe(first);
    expect(await stored('again')).toMatchObject([
      { _id: first, status: 'closed', closed_how: 'the mint is back' },
      { _id: second, status: 'open' },
    ]);
  });
});

describe('While the database is away', () => {
  it('a report is promised at once and kept as soon as it is back', async () => {
    const { state, reports } = fallible();
    const service = serviceOver(reports);
    state.away = true;
    const one = await service.file(draft('away', 'req-1'));
    const two = await service.file(draft('away', 'req-2'));
    expect(two).toBe(one);
    state.away = false;
    await eventually(async () => expect(await stored('away')).toHaveLength(1));
    expect(await stored('away')).toMatchObject([{ _id: one, count: 2, request_ids: ['req-1', 'req-2'] }]);
  });

  it('a report waits all the time, also while it is tried again to write it', async () => {
    const { state, reports } = fallible();
    const waiting: number[] = [];
    const service = serviceOver({
      ...reports,
      file: (incident) => {
        waiting.push(service.waiting());
        return reports.file(incident);
      },
    });
    state.away = true;
    await service.file(draft('tried'));
    await eventually(async () => expect(waiting.length).toBeGreaterThan(4));
    expect(waiting.slice(1)).toEqual(waiting.slice(1).map(() => 1));
    state.away = false;
    await eventually(async () => expect(service.waiting()).toBe(0));
  });

  it('an id that was told is found even where the incident has a report under another id', async () => {
    const { state, reports } = fallible();
    const service = serviceOver(reports);
    const known = await service.file(draft('known'));
    state.away = true;
    const told = await service.file(draft('known'));
    expect(told).not.toBe(known);
    state.away = false;
    await service.stop();
    expect(await stored('known')).toMatchObject([{ _id: known, count: 2, other_ids: [told] }]);
  });

  it('a closing waits its turn', async () => {
    const { state, reports } = fallible();
    const service = serviceOver(reports);
    state.away = true;
    await service.file(draft('cured'));
    await service.close('cured', 'it went away');
    state.away = false;
    await service.stop();
    expect(await stored('cured')).toMatchObject([{ status: 'closed', closed_how: 'it went away' }]);
  });
});

it('what is put into a report’s details loses its secrets', async () => {
  const service = serviceOver(createReportRepository(database));
  await service.file({ ...draft('details'), details: { amount: 8n, secret: 'hush', note: 'crk_aa_hush' } });
  const [report] = await stored('details');
  expect(report?.details).toEqual({ amount: '8', note: '[redacted]' });
});

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await check();
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

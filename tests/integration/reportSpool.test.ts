import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import winston from 'winston';
import type { ReportDraft } from '../../src/models/report.ts';
import type { Database } from '../../src/repositories/database.ts';
import { createReportSpool } from '../../src/repositories/reportSpool.ts';
import { createReportRepository } from '../../src/repositories/reports.ts';
import { createReportService, type RunningReportService } from '../../src/services/reportService.ts';
import { openFresh } from '../support/openFresh.ts';
import { until } from '../support/world.ts';

let uri: string;
let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ uri, database, end } = await openFresh());
});
afterAll(() => end());

let directory: string;
let running: RunningReportService[];
let log: { level: string; message: string }[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crucible-spool-'));
  running = [];
  log = [];
  away = false;
});
afterEach(async () => {
  for (const service of running) await service.stop();
  await rm(directory, { recursive: true, force: true });
});

const transactionId = 'tx_melt_1763700000000_0123456789abcdef';
const draft = (code: string, more: Partial<ReportDraft> = {}): ReportDraft => ({
  dedupeKey: code,
  severity: 'CRITICAL',
  code,
  summary: 'Paid, and not booked.',
  requestId: 'req-1',
  ...more,
});

describe('A server that dies while the database is away', () => {
  it('has told a supportId under which the next one files the report', async () => {
    const told = await orphan('DIED');
    const [file = ''] = await readdir(directory);
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    serviceNamed('next').start();
    await until(async () => (await stored('DIED')).length === 1, 'the report');
    expect(await stored('DIED')).toMatchObject([
      { _id: told, count: 1, request_ids: ['req-1'], status: 'open' },
    ]);
    await until(async () => (await readdir(directory)).length === 0, 'an empty spool');
  });

  it('leaves nothing to a server that another one was quicker than', async () => {
    await orphan('RACE');
    for (const name of ['one', 'two', 'three']) serviceNamed(name).start();
    await until(async () => (await readdir(directory)).length === 0, 'an empty spool');
    expect(await stored('RACE')).toMatchObject([{ count: 1 }]);
  });

  it('and has filed a part already: nothing is filed twice', async () => {
    const told = await orphan('PARTLY');
    await file(serviceNamed('quick'), 'PARTLY');
    await createReportRepository(database).alsoKnownAs((await stored('PARTLY'))[0]?._id ?? '', [told]);
    serviceNamed('next').start();
    await until(async () => (await readdir(directory)).length === 0, 'an empty spool');
    expect(await stored('PARTLY')).toMatchObject([{ count: 1, other_ids: [told] }]);
  });

  it('about an operation that has ended since: the report is closed', async () => {
    const code = 'CRITICAL_DB_FAILURE_AFTER_MINT_SUCCESS';
    await operations().insertOne({ _id: transactionId, state: 'settled' });
    const dedupeKey = `${code}:${transactionId}`;
    await orphan(code, { dedupeKey, transactionId });
    serviceNamed('next').start();
    await until(async () => (await stored(code))[0]?.status === 'closed', 'the report closed');
    expect(await stored(code)).toMatchObject([{ closed_how: 'The operation ended as settled.' }]);
  });
});

it('holds no secret, and nothing once the database has it', async () => {
  const service = serviceNamed('alive', { away: true });
  await file(service, 'SECRETS', { details: { secret: 'hush', note: 'crk_aa_hush', amount: 8n } });
  await file(service, 'SECRETS');
  const [name = ''] = await readdir(directory);
  const lines = (await readFile(join(directory, name), 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"amount":"8"');
  expect(lines[0]).not.toContain('hush');
  away = false;
  await until(async () => (await readdir(directory)).length === 0, 'an empty spool');
  expect(await stored('SECRETS')).toMatchObject([{ count: 2 }]);
});

it('a damaged line is skipped, and said; the others are filed', async () => {
  await orphan('WHOLE');
  const [name = ''] = await readdir(directory);
  const path = join(directory, name);
  const [line = ''] = (await readFile(path, 'utf8')).split('\n');
  const changed = line.replaceAll('WHOLE', 'CHANGED').replace('"count":1', '"count":"hush"');
  await writeFile(path, `${line.slice(0, 40)}\n${changed}\n${line}\n{"torn`);
  await age(path);
  serviceNamed('next').start();
  await until(async () => (await stored('WHOLE')).length === 1, 'the report');
  const damaged = log.filter(({ message }) => message === 'a damaged line of the report spool was skipped');
  expect(damaged).toMatchObject([
    { level: 'error', line: 1 },
    { level: 'error', line: 2, why: 'no incident: count' },
    { level: 'error', line: 4 },
  ]);
  expect(JSON.stringify(damaged)).not.toContain('hush');
});

it('files of a server that lives, and of another database, are left alone', async () => {
  const living = serviceNamed('living', { away: true });
  await file(living, 'LIVING');
  await writeFile(join(directory, 'crucible.other.1.jsonl'), 'theirs');
  await age(join(directory, 'crucible.other.1.jsonl'));
  serviceNamed('next').start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await stored('LIVING')).toEqual([]);
  expect((await readdir(directory)).toSorted()).toEqual([
    'crucible.other.1.jsonl',
    'crucible.test.living.jsonl',
  ]);
  away = false;
});

it('a directory that cannot be written is said at the start, and reports wait in memory', async () => {
  const blocked = join(directory, 'a-file');
  await writeFile(blocked, '');
  const service = serviceNamed('blocked', { away: true, directory: blocked });
  service.start();
  await until(async () => log.length > 0, 'a warning');
  expect(log).toMatchObject([{ level: 'warn', message: expect.stringContaining('in memory only') }]);
  const startedAt = performance.now();
  const told = await file(service, 'BLOCKED');
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  away = false;
  await until(async () => (await stored('BLOCKED')).length === 1, 'the report');
  expect(await stored('BLOCKED')).toMatchObject([{ _id: told }]);
  expect(log).toHaveLength(1);
});

let away = false;

/** A service over files of its own, whose database can be away. */
function serviceNamed(name: string, at: { away?: boolean; directory?: string } = {}): RunningReportService {
  const mortal = at.away === true;
  away ||= mortal;
  const real = createReportRepository(database);
  const reports = {
    ...real,
    file: async (...values: Parameters<typeof real.file>) => {
      if (mortal && away) throw new mongo.MongoNetworkError('connection refused');
      return real.file(...values);
    },
  };
  const logger = recordingLogger();
  const spool = createReportSpool({
    directory: at.directory ?? directory,
    instance: `crucible/test/${name}`,
    logger,
  });
  const service = createReportService({
    reports,
    spool,
    config,
    logger,
    now: () => new Date(),
    retryMs: 20,
  });
  running.push(service);
  return service;
}

const config = { reportRetentionDays: 0 };

const file = (service: RunningReportService, code: string, more: Partial<ReportDraft> = {}) =>
  service.file(draft(code, more));

/** Files a report with a server that dies at once. @returns the supportId that was told */
async function orphan(code: string, more: Partial<ReportDraft> = {}): Promise<string> {
  const service = createReportService({
    reports: {
      ...createReportRepository(database),
      file: async () => Promise.reject(new mongo.MongoNetworkError('connection refused')),
    },
    spool: createReportSpool({ directory, instance: 'crucible/test/dead', logger: recordingLogger() }),
    config,
    logger: recordingLogger(),
    now: () => new Date(),
    retryMs: 3_600_000,
  });
  const told = await file(service, code, more);
  for (const name of await readdir(directory)) await age(join(directory, name));
  return told;
}

async function age(path: string): Promise<void> {
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
}

function recordingLogger(): winston.Logger {
  const logger = winston.createLogger({ transports: [new winston.transports.Console({ silent: true })] });
  logger.on('data', (entry: { level: string; message: string }) => log.push(entry));
  return logger;
}

const operations = () =>
  database.connection
    .getClient()
    .db(new URL(uri).pathname.slice(1))
    .collection<{ _id: string; state: string }>('operations');

const stored = (code: string) => database.reports.find({ code }).lean();

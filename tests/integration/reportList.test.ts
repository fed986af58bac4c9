import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Severity, severities } from '../../src/models/report.ts';
import type { Database } from '../../src/repositories/database.ts';
import {
  createReportListRepository,
  latestFirst,
  type ReportFilter,
  reportQuery,
} from '../../src/repositories/reportList.ts';
import { alice, bob } from '../support/edge.ts';
import { openFresh } from '../support/openFresh.ts';

/** 400 reports, eight of them met last in each millisecond. */
const reportCount = 400;
const atOnce = 8;
const startedAt = new Date('2026-11-21T12:00:00Z');
const after = (ms: number): Date => new Date(startedAt.getTime() + ms);
const idOf = (number: number): string => `sup_${((number * 7) % reportCount).toString(16).padStart(20, '0')}`;
const severityOf = (number: number): Severity => severities[number % 4] ?? 'LOW';

let database: Database;
let end: () => Promise<void>;
beforeAll(async () => {
  ({ database, end } = await openFresh());
  await database.reports.insertMany(
    Array.from({ length: reportCount }, (_, number) => ({
      _id: idOf(number),
      dedupe_key: `incident:${number}`,
      severity: severityOf(number),
      code: number % 5 === 0 ? 'MINT_UNAVAILABLE' : 'OPERATION_OPEN_TOO_LONG',
      status: number % 3 === 0 ? 'open' : 'closed',
      npub: [alice, bob, null][number % 7] ?? null,
      summary: `number ${number}`,
      other_ids: number === 9 ? [`sup_${'f'.repeat(20)}`] : [],
      request_ids: [],
      count: 1,
      at: startedAt,
      last_at: after(Math.floor(number / atOnce)),
    })),
  );
});
afterAll(() => end());

const everything: ReportFilter = {
  severity: null,
  status: null,
  code: null,
  npub: null,
  since: null,
  after: null,
};
const filters: [string, ReportFilter][] = [
  ['nothing', everything],
  ['a severity', { ...everything, severity: 'CRITICAL' }],
  ['a status', { ...everything, status: 'open' }],
  ['a code', { ...everything, code: 'MINT_UNAVAILABLE' }],
  ['an owner', { ...everything, npub: alice }],
  ['a moment', { ...everything, since: after(20) }],
];
const place = { lastAt: after(25), id: idOf(204) };

describe('the list of reports', () => {
  it.each([
    ...filters,
    ...filters.map(([by, filter]): [string, ReportFilter] => [
      `${by}, from the middle on`,
      { ...filter, after: place },
    ]),
  ])('by %s is read in the order of an index, and little more than is shown', async (_by, filter) => {
    const atMost = 6;
    const { where, hint } = reportQuery(filter);
    const explained: unknown = await database.reports
      .find(where)
      .sort(latestFirst)
      .limit(atMost)
      .hint(hint)
      .explain('executionStats');
    const { queryPlanner, executionStats } = Object(explained);
    const stages = JSON.stringify(queryPlanner.winningPlan);
    expect(stages).toContain('"IXSCAN"');
    expect(stages).not.toMatch(/"(COLLSCAN|SORT)"/);
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(
      atMost + (filter.after === null ? 0 : atOnce),
    );
  });

  it.each(filters)(
    'by %s and in pages is whole, in order, and nothing is there twice',
    async (_by, filter) => {
      const list = createReportListRepository(database);
      const whole = await list.latest(filter, reportCount);
      expect(whole.length).toBeGreaterThan(20);
      const pages = [];
      for (let behind: ReportFilter['after'] = null; ; ) {
        const page = await list.latest({ ...filter, after: behind }, 7);
        pages.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        behind = { lastAt: last.lastAt, id: last.supportId };
      }
      expect(pages).toEqual(whole);
      const places = whole.map(({ lastAt, supportId }) => `${lastAt.toISOString()} ${supportId}`);
      expect(places).toEqual([...places].sort().reverse());
    },
  );

  it.each([
    ['of a severity', { ...everything, status: 'open' as const, severity: 'LOW' as const }],
    ['of a code', { ...everything, status: 'open' as const, code: 'OPERATION_OPEN_TOO_LONG' }],
  ])('what is open %s is found without reading what was closed', async (_, filter) => {
    const { where, hint } = reportQuery(filter);
    const query = database.reports.find(where).sort(latestFirst);
    const explained: unknown = await query.clone().hint(hint).explain('executionStats');
    const { executionStats } = Object(explained);
    const open = Math.ceil(reportCount / 3);
    expect(executionStats.nReturned).toBeGreaterThan(20);
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(open);
  });

  it('by all filters at once has what fits all of them', async () => {
    const filter = {
      ...everything,
      npub: alice,
      status: 'open' as const,
      severity: 'HIGH' as const,
      since: after(10),
    };
    const found = await createReportListRepository(database).latest(filter, reportCount);
    const fits = Array.from({ length: reportCount }, (_, number) => number).filter(
      (number) => number % 7 === 0 && number % 3 === 0 && number % 4 === 1 && number >= 10 * atOnce,
    );
    expect(fits.length).toBeGreaterThan(0);
    expect(found.map(({ supportId }) => supportId).sort()).toEqual(fits.map(idOf).sort());
  });

  it('a report is found by its own id and by another that was told', async () => {
    const { find } = createReportListRepository(database);
    expect(await find(idOf(9))).toMatchObject({ summary: 'number 9' });
    expect(await find(`sup_${'f'.repeat(20)}`)).toMatchObject({ supportId: idOf(9) });
    expect(await find(`sup_${'e'.repeat(20)}`)).toBeNull();
  });
});

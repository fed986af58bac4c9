import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from '@jest/globals';
import { parse } from 'yaml';
import { findPromtool, wronglyAlerted } from '../../dev/drills/alert.ts';
import { drills } from '../../dev/drills/all.ts';
import { inputSeries, type Part, readScrape, sumOf } from '../../dev/drills/scrapes.ts';
import { hasPromtool } from '../support/promtool.ts';

const { groups }: { groups: { rules: { alert?: string; annotations?: { runbook_url?: string } }[] }[] } =
  parse(readFileSync('ops/prometheus/alerts.yml', 'utf8'));
const alerts = new Map(
  groups.flatMap(({ rules }) => rules).map(({ alert, annotations }) => [alert, annotations?.runbook_url]),
);
const list = readFileSync('docs/runbooks/README.md', 'utf8');
const metrics = readFileSync('docs/metrics.md', 'utf8');

describe.each(drills.map((drill) => [drill.name, drill] as const))('the drill %s', (name, drill) => {
  it('is of a metric, an alert and a runbook that there are, and stands in both', () => {
    // Prometheus' own.
    if (drill.metric !== 'up') expect(metrics).toContain(`| \`${drill.metric}\` |`);
    const page = readFileSync(`docs/runbooks/${drill.runbook}.md`, 'utf8');
    const told = page.split('\n').filter((line) => line.startsWith('**Drill.** '));
    expect(told.join('\n')).toContain(`\`npm run -s crucible -- drill ${name}\``);
    expect(page).toContain(`\`${drill.alert}\``);
    // Whom the alert calls finds the fix: on its page, or by a link there.
    const called = alerts.get(drill.alert);
    if (called !== `docs/runbooks/${drill.runbook}.md`)
      expect(readFileSync(called ?? '', 'utf8')).toContain(`(${drill.runbook}.md)`);
    const row = list.split('\n').find((line) => line.endsWith(`| \`${name}\` |`));
    expect(row).toContain(`| \`${drill.metric}\` | \`${drill.alert}\` |`);
    expect(row).toContain(`(${drill.runbook}.md)`);
  });
});

test('each drill has a name of its own', () => {
  expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length);
});

const told = (atMs: number, requests: number, lag: number) =>
  readScrape(
    `# TYPE requests_total counter\nrequests_total{route="/a",status="200"} ${requests}\n# TYPE lag gauge\nlag ${lag}\nodd NaN\n`,
    atMs,
  );

test('a scrape is read by series, and summed by labels', () => {
  const scrape = readScrape('a_total{x="1",y="2"} 3\na_total{x="2",y="2"} 4\na 9\n', 0);
  expect([sumOf(scrape, 'a_total'), sumOf(scrape, 'a_total', 'x="2"'), sumOf(scrape, 'a')]).toEqual([
    7, 4, 9,
  ]);
});

test('a part is told as if it had lasted: counters go on at their pace, gauges stay, and what is silent is absent', () => {
  const parts: Part[] = [
    { minutes: 3, first: told(0, 10, 0.5), last: told(10_000, 10, 0.1) },
    { minutes: 3, first: told(20_000, 11, 0.2), last: told(30_000, 21, 0.9) },
    { minutes: 3, first: null, last: null },
    // The server was started anew.
    { minutes: 3, first: told(50_000, 0, 0.1), last: told(60_000, 5, 0.1) },
  ];
  expect(inputSeries(parts)).toEqual([
    { series: 'up{job="crucible",instance="drill"}', values: '1x2 1x2 0x2 1x2' },
    {
      series: 'requests_total{route="/a",status="200",job="crucible",instance="drill"}',
      values: '10+0x2 11+60x2 _x3 0+30x2',
    },
    { series: 'lag{job="crucible",instance="drill"}', values: '0.1x2 0.9x2 _x3 0.1x2' },
  ]);
});

test('what has grown older is told as getting older by a minute each minute; what became younger stays', () => {
  const aged = (atMs: number, seconds: number) =>
    readScrape(`# TYPE oldest_age_seconds gauge\noldest_age_seconds ${seconds}\n`, atMs);
  const [, ages] = inputSeries([
    { minutes: 3, first: aged(0, 0), last: aged(9_000, 9) },
    { minutes: 3, first: aged(10_000, 4), last: aged(19_000, 0) },
  ]);
  expect(ages?.values).toBe('9+60x2 0x2');
});

test('a counter that went on for minutes goes on from there, and is not taken for one that was reset', () => {
  const [, { values } = { values: '' }] = inputSeries([
    { minutes: 3, first: told(0, 0, 0), last: told(1_000, 1, 0) },
    { minutes: 2, first: told(2_000, 2, 0), last: told(3_000, 2, 0) },
  ]);
  // 120 after two minutes at one a second; one more was seen between the parts.
  expect(values).toBe('0+60x2 121+0x1');
});

(hasPromtool ? describe : describe.skip)('promtool’s judgement', () => {
  const gap = (value: number) =>
    readScrape(
      `# TYPE crucible_solvency_gap gauge\ncrucible_solvency_gap{mint="m",unit="sat"} ${value}\n`,
      0,
    );
  const part = (value: number): Part => ({ minutes: 30, first: gap(value), last: gap(value) });

  const promtool = findPromtool(process.env) ?? '';

  it('is content where the alert is silent, fires, and is silent', async () => {
    expect(await wronglyAlerted(promtool, 'CrucibleSolvencyGap', [part(0), part(1), part(0)])).toBeNull();
  });

  it.each([
    ['fires before', [part(1), part(1), part(0)]],
    ['is silent meanwhile', [part(0), part(0), part(0)]],
    ['does not end', [part(0), part(1), part(1)]],
  ] as const)('is not where it %s', async (_what, parts) => {
    expect(await wronglyAlerted(promtool, 'CrucibleSolvencyGap', parts)).toContain('exp');
  });
});

import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from '@jest/globals';
import { parse } from 'yaml';
import { reportCodes } from '../../src/services/support/plainWords.ts';
import { documented, folder, type Rule, records, rulesIn, unknownIn } from '../support/metricNames.ts';
import { hasPromtool, runPromtool } from '../support/promtool.ts';

type RuleTest = {
  alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[];
  promql_expr_test?: { expr: string }[];
};

const named = (rule: Rule): [string, Rule] => [rule.record ?? rule.alert ?? '', rule];
const recorded = rulesIn('rules.yml').map(named);
const alerts = rulesIn('alerts.yml').map(named);
const testFiles = globSync(`${folder}/tests/*.yml`);
const ruleTests = testFiles.flatMap((file): RuleTest[] => parse(readFileSync(file, 'utf8')).tests);

test.each([...recorded, ...alerts])(
  '%s asks for nothing but what servers tell, or is recorded',
  (_name, { expr }) => {
    expect(unknownIn(expr)).toEqual([]);
  },
);

test.each([
  'crucible_no_such_metric > 0',
  'crucible_payments_total{npub="x"}',
  'sum by (quote) (crucible_operations)',
])('that would be noticed of %s', (expr) => {
  expect(unknownIn(expr)).toHaveLength(1);
});

describe.each(alerts)('%s', (name, rule) => {
  it('says how grave it is, what is the matter, and where to read on', () => {
    expect(['critical', 'warning', 'info']).toContain(rule.labels?.severity);
    expect(rule.annotations?.summary).toMatch(/^[A-Z].{20,}[.?]$/);
    const runbook = rule.annotations?.runbook_url ?? '';
    expect(runbook).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/);
    const page = readFileSync(runbook, 'utf8');
    for (const part of [name, '**Symptom.**', '**Metric.**', '**Diagnosis.**', '**Fix.**', '**Prevention.**'])
      expect(page).toContain(part);
    expect(readFileSync('docs/runbooks/README.md', 'utf8')).toContain(`| \`${name}\` |`);
  });

  it('is tried firing and silent', () => {
    const tried = ruleTests
      .flatMap(({ alert_rule_test = [] }) => alert_rule_test)
      .filter(({ alertname }) => alertname === name)
      .map(({ exp_alerts = [] }) => exp_alerts.length > 0);
    expect(new Set(tried)).toEqual(new Set([true, false]));
  });
});

test('every recorded rule is tried, and those that docs/metrics.md names are there', () => {
  const tried = ruleTests.flatMap(({ promql_expr_test = [] }) => promql_expr_test.map(({ expr }) => expr));
  for (const record of records) expect(tried.some((expr) => expr.includes(record))).toBe(true);
  const told = readFileSync('docs/metrics.md', 'utf8').matchAll(/`(crucible:[\w:]+)`/g);
  for (const [, record = ''] of told) expect(records).toContain(record);
});

test('runbooks name no metric, and no code of a report, that there is not', () => {
  for (const path of globSync('docs/runbooks/*.md')) {
    const page = readFileSync(path, 'utf8');
    for (const [, name = ''] of page.matchAll(/`(crucible_\w+|nodejs_\w+|process_\w+)[`{]/g))
      expect(documented.map((metric) => metric.name)).toContain(name);
    for (const [, code = ''] of page.matchAll(/&code=([A-Z_]+)"/g)) expect(reportCodes).toContain(code);
  }
});

(hasPromtool ? describe : describe.skip)('promtool', () => {
  it('finds the rules well formed', () => {
    const checked = runPromtool('check', 'rules', `${folder}/rules.yml`, `${folder}/alerts.yml`);
    expect(checked).toMatchObject({ isFine: true });
  });

  it('takes the configuration of docker-compose.yml', () => {
    const checked = runPromtool('check', 'config', '--syntax-only', `${folder}/prometheus.yml`);
    expect(checked).toMatchObject({ isFine: true });
  });

  it.each(testFiles)('is content with %s', (file) => {
    expect(runPromtool('test', 'rules', file)).toMatchObject({ isFine: true });
  });
});

import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from '@jest/globals';
import { parse } from 'yaml';
import { hasPromtool, runPromtool } from '../support/promtool.ts';

type Rule = {
  record?: string;
  alert?: string;
  expr: string;
  labels?: { severity?: string };
  annotations?: { summary?: string; runbook_url?: string };
};
type RuleTest = {
  alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[];
  promql_expr_test?: { expr: string }[];
};

const folder = 'ops/prometheus';
const rulesIn = (file: string): Rule[] => {
  const { groups }: { groups: { rules: Rule[] }[] } = parse(readFileSync(`${folder}/${file}`, 'utf8'));
  return groups.flatMap(({ rules }) => rules);
};
const recorded = rulesIn('rules.yml');
const alerts = rulesIn('alerts.yml');
const testFiles = globSync(`${folder}/tests/*.yml`);
const ruleTests = testFiles.flatMap((file): RuleTest[] => parse(readFileSync(file, 'utf8')).tests);
const docs = readFileSync('docs/metrics.md', 'utf8');

/** Name and labels of every metric, as docs/metrics.md has them; a test holds those against a real server. */
const metrics = new Map(
  [...docs.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)].map(([, name = '', , labels = '']) => [
    name,
    [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
  ]),
);
const records = recorded.map(({ record = '' }) => record);

/** The metrics that an expression asks for, each with the labels that it demands. */
const askedFor = (expr: string) =>
  [...expr.matchAll(/\b((?:crucible|nodejs|process)[\w:]*|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name = '', labels = '']) => ({
      name,
      labels: [...labels.matchAll(/(\w+)\s*(?:=|!)/g)].map(([, label = '']) => label),
    }),
  );

describe.each(
  [...recorded, ...alerts].map((rule): [string, Rule] => [rule.record ?? rule.alert ?? '', rule]),
)('%s', (_name, { expr }) => {
  it('asks for nothing but what servers tell, or is recorded', () => {
    for (const { name, labels } of askedFor(expr)) {
      if (name === 'up' || records.includes(name)) continue;
      const known = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|count|sum)$/, ''));
      expect({ name, isKnown: known !== undefined }).toEqual({ name, isKnown: true });
      for (const label of labels) expect(['job', 'le', ...(known ?? [])]).toContain(label);
    }
  });
});

describe.each(alerts.map((rule): [string, Rule] => [rule.alert ?? '', rule]))('%s', (name, rule) => {
  it('says how grave it is, what is the matter, and where to read on', () => {
    expect(['critical', 'warning', 'info']).toContain(rule.labels?.severity);
    expect(rule.annotations?.summary).toMatch(/^[A-Z].{20,}\.$|^[A-Z].{20,}\?$/);
    expect(rule.annotations?.runbook_url).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/);
  });

  it('is tried firing and silent', () => {
    const tried = ruleTests
      .flatMap(({ alert_rule_test = [] }) => alert_rule_test)
      .filter(({ alertname }) => alertname === name)
      .map(({ exp_alerts = [] }) => exp_alerts.length > 0);
    expect(new Set(tried)).toEqual(new Set([true, false]));
  });
});

test('every recorded rule is tried, and told where people look for it', () => {
  const tried = ruleTests.flatMap(({ promql_expr_test = [] }) => promql_expr_test.map(({ expr }) => expr));
  for (const record of records) expect(tried.some((expr) => expr.includes(record))).toBe(true);
  for (const [, record = ''] of docs.matchAll(/`(crucible:[\w:]+)`/g)) expect(records).toContain(record);
});

(hasPromtool ? describe : describe.skip)('promtool', () => {
  it('finds the rules well formed', () => {
    const checked = runPromtool('check', 'rules', `${folder}/rules.yml`, `${folder}/alerts.yml`);
    expect(checked).toMatchObject({ isFine: true });
  });

  it.each(testFiles)('is content with %s', (file) => {
    expect(runPromtool('test', 'rules', file)).toMatchObject({ isFine: true });
  });
});

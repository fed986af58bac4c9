import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, test } from '@jest/globals';
import { documented, records, unknownIn } from '../support/metricNames.ts';
import { hasPromtool, runPromtool } from '../support/promtool.ts';

type Panel = { title: string; type: string; targets?: { expr: string; legendFormat: string }[] };

const { panels }: { panels: Panel[] } = JSON.parse(
  readFileSync('ops/grafana/dashboards/crucible.json', 'utf8'),
);
/** As Grafana sends them. */
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({
    title,
    expr: expr.replaceAll('$__rate_interval', '5m'),
    legendFormat,
  })),
);

it.each(queries.map(({ title, expr, legendFormat }) => [`${title}: ${expr}`, expr, legendFormat]))(
  '%s asks for what servers tell',
  (_name, expr, legendFormat) => {
    expect(unknownIn(expr)).toEqual([]);
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    const known = ['instance', ...documented.flatMap(({ labels }) => labels)];
    for (const label of shown) expect(known).toContain(label);
  },
);

it('shows every metric that there is, itself or by what is recorded of it', () => {
  const recorded = readFileSync('ops/prometheus/rules.yml', 'utf8');
  const shown = queries.map(({ expr }) => expr).join('\n');
  const left = documented.filter(({ name }) => !shown.includes(name) && !recorded.includes(name));
  expect(left).toEqual([]);
  expect(records.length).toBeGreaterThan(0);
});

(hasPromtool ? test : test.skip)('promtool can read every query', () => {
  const directory = mkdtempSync(join(tmpdir(), 'crucible-dashboard-'));
  try {
    const path = join(directory, 'queries.json');
    const rules = queries.map(({ expr }, number) => ({ record: `query_${number}`, expr }));
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(runPromtool('check', 'rules', path)).toMatchObject({ isFine: true });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

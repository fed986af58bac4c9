import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { findPromtool } from '../../dev/drills/alert.ts';
import type { Sample } from './metrics.ts';

/** Prometheus' own tool (Debian's package `prometheus`); null where this machine has none. */
const promtool = findPromtool(process.env);

export const hasPromtool = promtool !== null;

if (!hasPromtool)
  process.stderr.write(
    '\nNOT CHECKED: promtool is not installed (Debian: apt-get install prometheus, or name it by PROMTOOL). No alert was shown to fire or to be silent.\n\n',
  );

/** Runs it. @returns what it says, and whether it is content */
export function runPromtool(...words: string[]): { isFine: boolean; says: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? 'promtool', words, { encoding: 'utf8' });
  return { isFine: status === 0, says: `${stdout}${stderr}` };
}

/** That an alert fires on these samples of a real server, as soon as they have stood for a minute. */
export function expectAlert(alert: string, samples: readonly Sample[]): void {
  if (!hasPromtool) return;
  const directory = mkdtempSync(join(tmpdir(), 'crucible-promtool-'));
  try {
    const path = join(directory, 'alert.json');
    writeFileSync(path, JSON.stringify(firing(alert, samples)));
    expect(runPromtool('test', 'rules', path)).toMatchObject({ isFine: true });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** JSON is YAML. What fires is asked for as a series, so that nothing has to be said of its labels. */
const firing = (alert: string, samples: readonly Sample[]) => ({
  rule_files: [resolve('ops/prometheus/alerts.yml')],
  evaluation_interval: '1m',
  tests: [
    {
      interval: '1m',
      input_series: samples.map(({ name, labels, value }) => ({
        series: `${name}{${Object.entries(labels)
          .map(([label, text]) => `${label}="${text}"`)
          .join(',')}}`,
        values: `${value}x10`,
      })),
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
          eval_time: '1m',
          exp_samples: [{ labels: '{}', value: 1 }],
        },
      ],
    },
  ],
});

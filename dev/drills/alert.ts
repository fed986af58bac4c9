import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputSeries, type Part } from './scrapes.ts';

const rules = (file: string): string =>
  fileURLToPath(new URL(`../../ops/prometheus/${file}`, import.meta.url));

/** Prometheus' own tool: Debian's package `prometheus`, or what PROMTOOL names. Null where this machine has none. */
export function findPromtool(env: NodeJS.ProcessEnv): string | null {
  const candidates = [env['PROMTOOL']?.trim() ?? '', 'promtool'].filter((command) => command !== '');
  return candidates.find((command) => spawnSync(command, ['--version']).status === 0) ?? null;
}

/**
 * Holds the parts of a drill against the rules that Prometheus is given: the alert must be silent at the end of the first part,
 * fire at the end of the second, and be silent at the end of the third.
 * @returns what promtool says where it was not so, else null
 */
export async function wronglyAlerted(
  promtool: string,
  alert: string,
  parts: readonly [calm: Part, symptom: Part, cured: Part],
): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'crucible-drill-'));
  try {
    const path = join(directory, 'drill.json');
    await writeFile(path, JSON.stringify(testOf(alert, parts))); // JSON is YAML
    const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', path], { encoding: 'utf8' });
    return status === 0 ? null : `${stdout}${stderr}`.trim();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function testOf(alert: string, parts: readonly [Part, Part, Part]) {
  let minutes = 0;
  const fires = parts.map((part, place) => {
    minutes += part.minutes;
    return {
      // What fires is asked for as a series, so that nothing has to be said of its labels.
      expr: `(count(ALERTS{alertname="${alert}", alertstate="firing"}) > bool 0) or vector(0)`,
      eval_time: `${minutes - 1}m`,
      exp_samples: [{ labels: '{}', value: place === 1 ? 1 : 0 }],
    };
  });
  return {
    rule_files: [rules('rules.yml'), rules('alerts.yml')],
    evaluation_interval: '1m',
    tests: [{ interval: '1m', input_series: inputSeries(parts), promql_expr_test: fires }],
  };
}

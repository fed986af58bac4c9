import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMeters } from '../../src/services/metrics/meters.ts';
import { rulesIn } from '../support/metricNames.ts';
import { samplesIn } from '../support/metrics.ts';

/** `increase(name{matchers}[…])`, as alerts ask for it. */
const increases = [...rulesIn('alerts.yml'), ...rulesIn('rules.yml')].flatMap(({ expr }) =>
  [...expr.matchAll(/\bincrease\((\w+)(?:\{([^}]*)\})?\[/g)].map(([, name = '', matchers = '']) => ({
    name,
    demanded: [...matchers.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]),
  })),
);

test.each(increases)(
  'alerts look at the increase of $name $demanded: it is told from the start',
  async ({ name, demanded }) => {
    const registry = new Registry();
    createMeters(registry, ['https://mint.example'], () => new Date());
    const told = samplesIn(await registry.metrics()).filter(
      (sample) =>
        sample.name === name && demanded.every(([label = '', value]) => sample.labels[label] === value),
    );
    expect(told.length).toBeGreaterThan(0);
    for (const { value } of told) expect(value).toBe(0);
  },
);

test('looks of the worker are told from the start for each kind, by whatever may come of them', async () => {
  const registry = new Registry();
  createMeters(registry, [], () => new Date());
  const told = samplesIn(await registry.metrics()).filter(
    ({ name }) => name === 'crucible_recovery_runs_total',
  );
  expect(new Set(told.map(({ labels }) => `${labels['kind']} ${labels['result']}`)).size).toBe(5 * 3);
});

import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { heapLimitIn } from '../../src/models/heapLimit.ts';

const mib = 2 ** 20;

test.each([
  ['nothing', [''], null],
  ['NODE_OPTIONS', ['--enable-source-maps --max-old-space-size=512'], 512 * mib],
  ['V8’s own spelling', ['--max_old_space_size=512'], 512 * mib],
  ['the last of several', ['--max-old-space-size=512 --max-old-space-size=1024'], 1_024 * mib],
  ['the command line', ['--max-old-space-size=512', '--max-old-space-size=64'], 64 * mib],
  ['none at all', ['--max-old-space-size=0'], null],
  ['a share of the memory', ['--max-old-space-size-percentage=50'], null],
] as const)('the heap’s limit by %s', (_what, options, limitBytes) => {
  expect(heapLimitIn(...options)).toBe(limitBytes);
});

test('a server that fills its heap passes 85 % of that limit before Node ends it, and never comes near V8’s own', () => {
  const option = '--max-old-space-size=64';
  const limitBytes = heapLimitIn(option);
  const fills = `
    const { writeSync } = require('node:fs');
    const kept = [];
    for (;;) {
      for (let each = 0; each < 1_000; each += 1) kept.push({ each, text: 'x' + Math.random() });
      writeSync(1, process.memoryUsage().heapUsed + ' ' + require('node:v8').getHeapStatistics().heap_size_limit + '\\n');
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, [option, '-e', fills], { encoding: 'utf8' });
  expect(stderr).toContain('heap out of memory');
  const seen = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const fullest = Math.max(...seen.map(([used = 0]) => used));
  const [, limitOfV8 = 0] = seen[0] ?? [];
  expect(fullest / Number(limitBytes)).toBeGreaterThan(0.85);
  expect(fullest / limitOfV8).toBeLessThan(0.85);
});

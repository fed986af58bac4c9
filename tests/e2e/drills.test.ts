import { execFile } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { hasPromtool } from '../support/promtool.ts';

const limitMs = 240_000;

/** A drill as an operator runs it. */
const drill = (...words: string[]): Promise<{ code: number; says: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['dev/crucible.ts', 'drill', ...words], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), says: `${stdout}${stderr}` });
    });
  });

// Where promtool is missing, tests/support/promtool.ts says loudly that nothing was checked.
(hasPromtool ? describe : describe.skip)('a drill', () => {
  it.each(['rate-limits', 'validation-errors', 'mint-outage'])(
    '%s: the symptom shows, the alert fires, and the runbook cures it',
    async (name) => {
      const { code, says } = await drill(name);
      expect(says).toMatch(/is silent before, fires meanwhile, and is silent after\n {2}passed \(\d+ s\)/);
      expect(code).toBe(0);
    },
    limitMs,
  );
});

it('that there is not is told with those that there are', async () => {
  const { code, says } = await drill('no-such-drill');
  expect({ code, says }).toEqual({ code: 2, says: expect.stringContaining('drill --list') });
  expect((await drill('--list')).says).toMatch(/^rate-limits +clients are refused with 429/);
});

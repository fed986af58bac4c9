import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { breakages } from '../breakages/catalogue.ts';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** `npm run breakages` takes minutes; that its catalogue still fits the code is seen here on every run. */
describe('the catalogue of breakages', () => {
  it('names each breakage once, and enough of them', () => {
    expect(new Set(breakages.map(({ name }) => name)).size).toBe(breakages.length);
    expect(breakages.length).toBeGreaterThanOrEqual(20);
  });

  it.each(breakages)('fits the code: $name', ({ edits }) => {
    expect(edits.length).toBeGreaterThan(0);
    for (const { file, find, replace } of edits) {
      expect({ file, find, times: read(file).split(find).length - 1 }).toEqual({ file, find, times: 1 });
      expect(replace).not.toBe(find);
    }
  });

  it.each(breakages)('is caught by a test that exists: $name', ({ caughtBy, test }) => {
    const text = read(caughtBy);
    expect(caughtBy).toMatch(/^tests\/\w+\/[\w/]+\.test\.ts$/);
    // The name of a test may be put together from those of its groups, so each word is looked for.
    for (const word of test.split(' ')) expect(text).toContain(word);
  });
});

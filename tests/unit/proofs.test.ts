import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

type Proof = { file: string; title: string };

/** The last column of each row: files, each perhaps with a part of a test's title behind it. */
function proofsIn(row: string): Proof[] {
  const cell = row.split('|').at(-2) ?? '';
  return [...cell.matchAll(/`(\w+\/\w+)`([^`]*)/g)].map(([, file = '', title = '']) => ({
    file: `tests/${file}.test.ts`,
    title: title.trim().replace(/,$/, ''),
  }));
}

const rows = read('docs/proofs.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Rule|Layer) \|/.test(line));

/** Every title that stands in a test file: what its tests, groups and rows are called. */
const stringsIn = (text: string): string =>
  [...text.matchAll(/'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g)]
    .map(([, plain, template]) => plain ?? template)
    .join('\n');

describe('docs/proofs.md', () => {
  it('has a test for every rule, and enough rules', () => {
    expect(rows.filter((row) => proofsIn(row).length === 0)).toEqual([]);
    expect(rows.length).toBeGreaterThan(60);
  });

  it.each([...new Set(rows.flatMap(proofsIn).map(({ file }) => file))])(
    'names a file that exists: %s',
    (file) => {
      expect(existsSync(new URL(file, root))).toBe(true);
    },
  );

  it.each(rows.flatMap(proofsIn).filter(({ title }) => title !== ''))(
    'names a test that exists: $file “$title”',
    ({ file, title }) => {
      expect(stringsIn(read(file))).toContain(title);
    },
  );
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

type Results = {
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
};

describe('what tests say, when Node itself loads them', () => {
  let directory: string;
  let results: Results;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crucible-runner-'));
    results = await jestOver('bad', 'good', 'empty', 'broken');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** Jest with this project's runner over the examples, in one process. */
  async function jestOver(...examples: string[]): Promise<Results> {
    const outputFile = join(directory, 'results.json');
    const config = {
      rootDir: root,
      testMatch: ['<rootDir>/tests/fixtures/runner/*.example.ts'],
      testRunner: '<rootDir>/tests/support/runner/nativeRunner.mjs',
      injectGlobals: false,
      transform: {},
      // Without a memory of earlier runs, jest goes by size: the bad ones come first.
      cacheDirectory: join(directory, 'cache'),
    };
    const paths = examples.map((name) => join(root, `tests/fixtures/runner/${name}.example.ts`));
    const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--config', JSON.stringify(config)];
    const how = ['--runInBand', '--json', '--outputFile', outputFile, '--runTestsByPath', ...paths];
    await new Promise((resolve) => execFile(process.execPath, [...jest, ...how], { cwd: root }, resolve));
    return JSON.parse(await readFile(outputFile, 'utf8'));
  }

  function fileOf(example: string) {
    const file = results.testResults.find(({ name }) => name.endsWith(`/${example}.example.ts`));
    if (file === undefined) throw new Error(`${example} is not in the results`);
    return file;
  }

  it('whatever goes wrong fails the test in which it does, with its reason', () => {
    const told = fileOf('bad').assertionResults.map(({ fullName, status, failureMessages }) => [
      fullName,
      status,
      failureMessages.join().split('\n')[0],
    ]);
    expect(told).toEqual([
      ['never ends', 'failed', expect.stringContaining('Exceeded timeout of 300 ms')],
      ['fails an assertion', 'failed', expect.stringContaining('toEqual')],
      ['is 1 of a table in which 2 fails', 'passed', ''],
      ['is 2 of a table in which 2 fails', 'failed', expect.stringContaining('toBe')],
      ['leaves a rejection behind', 'failed', expect.stringContaining('nobody waits for this')],
      ['throws after it has returned to the loop', 'failed', expect.stringContaining('nobody catches this')],
      ['takes the time that it has asked for', 'passed', ''],
      ['is skipped', 'pending', ''],
      ['when what comes before all throws is not run', 'failed', expect.stringContaining('before all')],
      ['when what comes before each throws is not run', 'failed', expect.stringContaining('before each')],
      ['when what comes after all throws fails the file', 'passed', ''],
    ]);
    expect(fileOf('bad').message).toContain('after all');
    expect(results.success).toBe(false);
  });

  it('a file in the same process afterwards is none the worse for it', () => {
    expect(fileOf('good').assertionResults.map(({ status }) => status)).toEqual(['passed', 'passed']);
  });

  it('a file that does not load, or has no test, fails', () => {
    expect(fileOf('broken')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('this file does not load'),
    });
    expect(fileOf('empty')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('must contain at least one test'),
    });
  });
});

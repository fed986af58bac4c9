import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, jest } from '@jest/globals';

jest.setTimeout(240_000);

/** A package of its own, for TypeScript 5: openapi-typescript works on its syntax tree, and TypeScript 7 has none to offer. */
const home = 'client';

beforeAll(() => {
  if (isOutdated()) run(...npm(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
});

/** npm writes its own record last, so a record older than the lock file is that of another or of a broken run. */
function isOutdated(): boolean {
  const changedAt = (...path: string[]) =>
    statSync(join(home, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return changedAt('node_modules', '.package-lock.json') < changedAt('package-lock.json');
}

/** The npm that called us, where one did. */
function npm(): [string, ...string[]] {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  return cli?.endsWith('npm-cli.js') && node ? [node, cli] : ['npm'];
}

function run(command: string, ...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: home, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
}

it('the client’s types are those of the server’s document', () => {
  run(process.execPath, 'scripts/generate.mjs', '--check');
});

it('the client is built for browsers and for Node, without anything of Node', () => {
  rmSync(join(home, 'dist'), { recursive: true, force: true });
  run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', '.');
  expect(readFileSync(join(home, 'dist', 'index.d.ts'), 'utf8')).toMatch(/createCrucible/);
  expect(readFileSync(join(home, 'dist', 'index.js'), 'utf8')).toMatch(/"\.\/crucible\.js"/);
});

it('its lock file tells no addresses', () => {
  expect(readFileSync(join(home, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});

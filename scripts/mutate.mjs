/**
 * `npm run mutate`: changes the pure modules in hundreds of small ways and counts how many the tests notice. Exit code 1
 * below 85 %. Arguments go on to Stryker: `npm run mutate -- --mutate src/services/melt/decision.ts`.
 *
 * Stryker is a package of its own in mutation/, installed the first time; it works on a copy outside of the tree.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = join(root, 'mutation');

if (isOutdated()) install();
process.exitCode = mutate();

/** npm writes its own record last, so a record older than the lock file is that of another or of a broken run. */
function isOutdated() {
  const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return (
    changedAt(join(home, 'node_modules', '.package-lock.json')) < changedAt(join(home, 'package-lock.json'))
  );
}

function install() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const [command, ...first] = cli?.endsWith('npm-cli.js') && node ? [node, cli] : ['npm'];
  const asked = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  console.log('installing Stryker (npm ci in mutation/)…');
  const { status } = run(command, [...first, ...asked], home);
  if (status === 0) return;
  console.error('Stryker could not be installed; what npm said is above.');
  process.exit(1);
}

function mutate() {
  const directory = mkdtempSync(join(tmpdir(), 'crucible-mutation-'));
  const stryker = join(home, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const asked = ['run', join(home, 'stryker.config.mjs'), '--tempDirName', directory];
  try {
    return run(process.execPath, [stryker, ...asked, ...process.argv.slice(2)], root).status ?? 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(command, args, cwd) {
  return spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}

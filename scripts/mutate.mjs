/**
 * `npm run mutate`: changes the pure modules in hundreds of small ways and counts how many the tests notice. Exit code 1
 * below 85 %. Arguments go on to Stryker: `npm run mutate -- --mutate src/services/melt/decision.ts`.
 *
 * Stryker is a package of its own in mutation/, installed the first time; it works on a copy outside of the tree.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ownPackage.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = join(root, 'mutation');

if (!ensureInstalled(home, 'Stryker (npm ci in mutation/)')) {
  console.error('Stryker could not be installed; what npm said is above.');
  process.exit(1);
}
process.exitCode = mutate();

function mutate() {
  const directory = mkdtempSync(join(tmpdir(), 'crucible-mutation-'));
  const stryker = join(home, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const asked = ['run', join(home, 'stryker.config.mjs'), '--tempDirName', directory];
  try {
    const { status } = spawnSync(process.execPath, [stryker, ...asked, ...process.argv.slice(2)], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return status ?? 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Packages that one script alone needs, each with a lock file of its own, so that nobody else installs them. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Installs what the lock file in `home` says, unless that is done. @returns whether it is there; npm has said why not */
export function ensureInstalled(home, what) {
  if (!isOutdated(home)) return true;
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const [command, ...first] = cli?.endsWith('npm-cli.js') && node ? [node, cli] : ['npm'];
  const asked = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  console.log(`installing ${what}…`);
  const { status } = spawnSync(command, [...first, ...asked], {
    cwd: home,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

/** npm writes its own record last, so a record older than the lock file is that of another or of a broken run. */
function isOutdated(home) {
  const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return (
    changedAt(join(home, 'node_modules', '.package-lock.json')) < changedAt(join(home, 'package-lock.json'))
  );
}

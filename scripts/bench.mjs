/**
 * `npm run bench`: how fast Crucible pays, beside two wallet libraries on the same mint and the same invoices. `npm run bench --
 * --quick` takes less than a minute. One of the libraries is a package of its own in bench/coco, installed the first time.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bench', 'coco');

if (isOutdated()) install();
const { bench } = await import('../bench/main.ts');
process.exitCode = await bench(process.argv.slice(2));

/** npm writes its own record last, so a record older than the lock file is that of another or of a broken run. */
function isOutdated() {
  const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return (
    changedAt(join(home, 'node_modules', '.package-lock.json')) < changedAt(join(home, 'package-lock.json'))
  );
}

/** Without it the others are measured all the same. */
function install() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const [command, ...first] = cli?.endsWith('npm-cli.js') && node ? [node, cli] : ['npm'];
  const asked = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  console.log('installing @cashu/coco-core (npm ci in bench/coco)…');
  const { status } = spawnSync(command, [...first, ...asked], {
    cwd: home,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0)
    console.error('It could not be installed, and will not take part; what npm said is above.');
}

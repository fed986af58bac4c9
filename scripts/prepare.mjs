/**
 * Makes a clone ready to run: installs what package-lock.json asks for, if anything is missing, and checks
 * that npm scripts get a Node that runs TypeScript by itself. Called by `prestart` and `pretest`.
 *
 * Plain JavaScript for Node 20, because it runs before anything is installed. It writes to stderr alone,
 * so that a command's own output stays clean.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const onWindows = process.platform === 'win32';

/** The first Node that runs .ts files without a flag; the libraries themselves are content with 22.4. */
const oldestNode = [22, 18];
const heartbeatMs = 10_000;

await main();

async function main() {
  checkWritable();
  if (packagesMissing()) {
    await installPackages();
    if (packagesMissing())
      giveUp('npm ci ended well but left packages out; remove node_modules and try again.');
  }
  checkNode();
}

function checkWritable() {
  const writesElsewhere = process.env.CRUCIBLE_DATA_DIR !== undefined && !packagesMissing();
  if (writesElsewhere) return;
  try {
    accessSync(root, constants.W_OK);
  } catch {
    giveUp(`no permission to write to ${root}, where packages and data are kept.`);
  }
}

/**
 * Compares npm's own record of what it installed with what the lock file asks for. Optional packages that
 * are not there belong to other platforms.
 */
function packagesMissing() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) giveUp('package-lock.json is missing or is not JSON.');
  if (installed === undefined) return true;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '' || entry.link) return false;
    const found = installed[path];
    if (found === undefined) return entry.optional !== true;
    return found.version !== entry.version || found.integrity !== entry.integrity;
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function installPackages() {
  say('installing packages (npm ci), which takes up to a minute or two the first time…');
  const startedAt = Date.now();
  const { command, args } = npmCommand();
  const npm = spawn(
    command,
    [...args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
      shell: onWindows && command === 'npm',
    },
  );
  const heartbeat = setInterval(() => say(`still installing (${secondsSince(startedAt)} s)…`), heartbeatMs);
  const outcome = await new Promise((resolve) => {
    npm.on('error', (error) => resolve(error.message));
    npm.on('exit', (code, signal) => resolve(code === 0 ? undefined : `exit code ${code ?? signal}`));
  });
  clearInterval(heartbeat);
  if (outcome !== undefined) giveUp(`npm ci failed (${outcome}); what it said is above.`);
  say(`packages installed in ${secondsSince(startedAt)} s.`);
}

/** The npm that called us, where one did, run by the Node that it runs on: ours is about to be replaced. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli?.endsWith('npm-cli.js') && node) return { command: node, args: [cli] };
  return { command: 'npm', args: [] };
}

/** Checks the Node that npm scripts get: the pinned one in node_modules/.bin, else the person's own. */
function checkNode() {
  const version = nodeVersionInScripts();
  if (version === undefined) {
    giveUp(
      'the pinned Node in node_modules does not run on this machine; remove node_modules and try again.',
    );
  }
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  giveUp(
    `Node ${oldestNode.join('.')} or newer is needed and npm scripts get ${version}: the install script of the ` +
      'package "node" did not run (is ignore-scripts set?); run "npm rebuild node" or install a newer Node.',
  );
}

function nodeVersionInScripts() {
  const bin = join(root, 'node_modules', '.bin');
  if (isSameFile(process.execPath, join(bin, 'node'))) return process.version;
  const { status, stdout } = spawnSync('node', ['--version'], {
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    encoding: 'utf8',
    shell: onWindows,
  });
  return status === 0 ? stdout.trim() : undefined;
}

function isSameFile(one, other) {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function secondsSince(startedAt) {
  return Math.round((Date.now() - startedAt) / 1000);
}

function say(text) {
  process.stderr.write(`crucible: ${text}\n`);
}

function giveUp(sentence) {
  say(sentence);
  process.exit(1);
}

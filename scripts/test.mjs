/**
 * `npm test`: lint and format, types, then every jest layer, the supply chain, and one closing line with the sum.
 * `npm test -- melt` runs only the jest tests whose path matches; every argument goes on to jest.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jestArguments = process.argv.slice(2);

/** How long jest may live on after its last test. A test that leaves a server open would keep it for ever. */
const lingerLimitMs = 30_000;

const nothing = { passed: 0, failed: 0, skipped: 0 };

const suites = [];
if (jestArguments.length === 0) {
  suites.push(await runCheck('lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']));
  suites.push(await runCheck('types', ['node_modules/typescript/bin/tsc', '--noEmit']));
}
suites.push(await runJest());
// Last, so that what it says of an audit that could not be made stands beside the closing line.
if (jestArguments.length === 0)
  suites.push(
    await runCheck('supply chain', ['--disable-warning=ExperimentalWarning', 'scripts/supplyChain.mjs']),
  );

const sum = (key) => suites.reduce((total, suite) => total + suite[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

/** A check without tests of its own counts as one. */
async function runCheck(name, command) {
  console.log(`── ${name}`);
  const exitCode = await run(command);
  console.log(exitCode === 0 ? 'ok' : `${name}: failed`);
  return exitCode === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

async function runJest() {
  console.log('── tests');
  const directory = mkdtempSync(join(tmpdir(), 'crucible-test-'));
  const resultsPath = join(directory, 'results.json');
  const flags = ['--disable-warning=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${resultsPath}`, ...jestArguments];
  try {
    // Tests start servers and commands by the dozen: each module is compiled once for the run.
    process.env.NODE_COMPILE_CACHE ??= join(directory, 'compiled');
    const exitCode = await run([...flags, ...jest], resultsPath);
    return count(readResults(resultsPath), exitCode);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What ran, never what was meant to run: a file that does not load and a run without tests are failures. */
function count(results, exitCode) {
  if (results === undefined) return { ...nothing, failed: 1 };
  const counted = {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
  if (counted.passed + counted.failed === 0) {
    console.log('no test was run');
    return { ...counted, failed: 1 };
  }
  const failedOtherwise = exitCode !== 0 && counted.failed === 0;
  return failedOtherwise ? { ...counted, failed: 1 } : counted;
}

function readResults(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Runs a script on this Node and resolves to its exit code. With `resultsPath`, it is ended when it lives
 * on long after having written its results.
 */
function run(command, resultsPath) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    const watch = setInterval(() => {
      if (resultsPath === undefined || !existsSync(resultsPath)) return;
      clearInterval(watch);
      linger = setTimeout(() => {
        console.log(
          'jest did not exit: a test left something open (npm test -- --detectOpenHandles tells more)',
        );
        child.kill('SIGKILL');
      }, lingerLimitMs);
    }, 500);
    let linger;
    child.on('exit', (code) => {
      clearInterval(watch);
      clearTimeout(linger);
      resolve(code ?? 1);
    });
  });
}

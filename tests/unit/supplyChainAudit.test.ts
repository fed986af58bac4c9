import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type AuditOutcome,
  auditProject,
  canary,
  readAudit,
  type Vulnerable,
} from '../support/supplyChain/audit.ts';
import {
  type Advisory,
  type Conduct,
  type FakeRegistry,
  fakeRegistry,
} from '../support/supplyChain/fakeRegistry.ts';
import { findProjects } from '../support/supplyChain/lockFiles.ts';
import { lockedPackage, plantedTree, project, type Tree } from '../support/supplyChain/planted.ts';
import { auditAll } from '../support/supplyChain/verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** npm itself takes a second or so to start, and more on a busy machine. */
const limitMs = 120_000;

let endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.toReversed()) await end();
  endings = [];
});

async function registryThat(conduct: Conduct): Promise<FakeRegistry> {
  const registry = await fakeRegistry(conduct);
  endings.push(registry.close);
  return registry;
}

async function newTree(copied?: readonly string[]): Promise<Tree> {
  const tree = await plantedTree(root, copied);
  endings.push(tree.remove);
  return tree;
}

const advisory = (name: string, severity: string, vulnerable = '<9.0.0'): Advisory => ({
  name,
  severity,
  vulnerable,
});

describe('npm itself', () => {
  /** Of a user who works offline, and without optional packages and tools. npm remembers advisories: not these ones. */
  async function wordsFor({ url }: FakeRegistry): Promise<string[]> {
    const tree = await newTree();
    await tree.write('npmrc', 'offline=true\naudit=false\nomit[]=optional\nomit[]=dev\n');
    return [`--registry=${url}`, `--cache=${tree.root}/cache`, `--userconfig=${tree.root}/npmrc`];
  }

  it(
    'asks about all that is locked, whatever the user has set, and tells what the registry knows of it',
    async () => {
      const advisories = [
        advisory('wanted', 'high'),
        advisory('mild', 'moderate'),
        advisory('tool', 'critical'),
        advisory('later', 'critical', '>=2.0.0'),
      ];
      const registry = await registryThat({ kind: 'knows', advisories });
      const audited = project({
        manifest: { dependencies: { wanted: '1.0.0', mild: '1.0.0', later: '1.0.0' } },
        packages: {
          'node_modules/mild': lockedPackage({ optional: true }),
          'node_modules/later': lockedPackage(),
        },
      });
      const words = await wordsFor(registry);
      expect(await auditAll([audited], (one) => auditProject(one, { words }))).toEqual({
        isGood: false,
        lines: [
          'VULNERABLE: wanted 1.0.0, high, ships https://advisories.invalid/wanted',
          'advisory: mild 1.0.0, moderate, ships https://advisories.invalid/mild',
          'advisory: tool 1.0.0, critical, development only https://advisories.invalid/tool',
          'npm audit: packages with advisories: 3',
        ],
      });
      expect(registry.asked).toEqual([
        { wanted: ['1.0.0'], mild: ['1.0.0'], later: ['1.0.0'], tool: ['1.0.0'] },
      ]);
    },
    limitMs,
  );

  it(
    'finds the canary where the registry knows of it',
    async () => {
      const advisories = [advisory('minimist', 'critical', '<0.2.4')];
      const registry = await registryThat({ kind: 'knows', advisories });
      expect(await auditProject(canary, { words: await wordsFor(registry) })).toMatchObject({
        kind: 'audited',
        vulnerable: [{ name: 'minimist', severity: 'critical' }],
      });
    },
    limitMs,
  );

  it(
    'is not waited for where the registry hangs',
    async () => {
      const words = await wordsFor(await registryThat({ kind: 'hangs' }));
      expect(await auditProject(project(), { words, requestMs: 1_000 })).toEqual({
        kind: 'unreachable',
        // The second, where the machine is too busy for npm to ask in time.
        reason: expect.stringMatching(/^network timeout|^npm gave no answer in time$/),
      });
    },
    limitMs,
  );
});

describe('the verdict', () => {
  const root = project();
  const client = project({ folder: 'client' });
  const found = (name: string, severity: 'moderate' | 'critical'): Vulnerable => ({
    name,
    severity,
    range: '<2',
    ships: true,
    advisories: [],
  });
  const nothing: AuditOutcome = { kind: 'audited', vulnerable: [] };
  const old: AuditOutcome = { kind: 'audited', vulnerable: [found('minimist', 'critical')] };
  const gone: AuditOutcome = { kind: 'unreachable', reason: 'the registry answers 503' };

  /** Each outcome in its turn. More questions than those are a mistake. */
  const answers = (...outcomes: AuditOutcome[]) => {
    const left = [...outcomes];
    return async () => {
      const next = left.shift();
      if (next === undefined) throw new Error('asked once too often');
      return next;
    };
  };

  it('is that nothing is known, where the registry knows of the canary', async () => {
    expect(await auditAll([root, client], answers(nothing, nothing, old))).toEqual({
      isGood: true,
      lines: ['npm audit: nothing known'],
    });
  });

  it.each<[string, AuditOutcome, string]>([
    [
      'that knows not even the canary',
      nothing,
      'NOT AUDITED: this registry knows of no advisory, not even of old ones.',
    ],
    [
      'that is gone before it is asked for the canary',
      gone,
      'NOT AUDITED: the registry could not be asked (the registry answers 503).',
    ],
  ])('of a registry %s is none, and fails nothing', async (_what, known, line) => {
    const { isGood, lines } = await auditAll([root, client], answers(nothing, nothing, known));
    expect(lines).toContain(`!!! ${line}`);
    expect(lines.join()).toContain('the packages of package-lock.json, client/package-lock.json have');
    expect(lines.join()).not.toContain('nothing known');
    expect(isGood).toBe(true);
  });

  it.each<['moderate' | 'critical', string, boolean]>([
    ['critical', 'VULNERABLE', false],
    ['moderate', 'advisory', true],
  ])('keeps a %s advisory that was found before the registry went away', async (severity, word, expected) => {
    const first: AuditOutcome = { kind: 'audited', vulnerable: [found('wanted', severity)] };
    const { isGood, lines } = await auditAll([root, client], answers(first, gone));
    expect(lines.slice(0, 2)).toEqual([
      `${word}: wanted <2, ${severity}, ships`,
      'npm audit: packages with advisories: 1',
    ]);
    expect(lines).toContain('!!! NOT AUDITED: the registry could not be asked (the registry answers 503).');
    expect(lines.join()).toContain('the packages of client/package-lock.json have');
    expect(isGood).toBe(expected);
  });

  it('of what nobody understands is bad', async () => {
    const odd: AuditOutcome = { kind: 'not_understood', reason: 'npm audit printed no JSON' };
    const { isGood, lines } = await auditAll([root], answers(odd));
    expect(lines).toContain('!!! NOT AUDITED: npm audit printed no JSON.');
    expect(isGood).toBe(false);
  });
});

/** As npm 11 printed them, but for the host. */
describe('what npm prints', () => {
  const report = JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: {
      wanted: { severity: 'critical', range: '<2', nodes: ['node_modules/wanted'], via: ['deep'] },
    },
  });

  it.each([
    ['', true],
    ['mutation', false],
  ])('of a package that is for run time ships, but for that of a tool (%p: %p)', (folder, ships) => {
    expect(readAudit(report, project({ folder }))).toMatchObject({ vulnerable: [{ name: 'wanted', ships }] });
  });

  it.each([
    [
      'request to https://registry.invalid/-/npm/v1/security/advisories/bulk failed, reason: getaddrinfo ENOTFOUND registry.invalid',
      'request to the registry failed, reason: getaddrinfo ENOTFOUND of the registry',
    ],
    [
      'request to http://mirror/-/npm/v1/security/advisories/bulk failed, reason: getaddrinfo EAI_AGAIN mirror',
      'request to the registry failed, reason: getaddrinfo EAI_AGAIN of the registry',
    ],
    [
      'request to http://10.0.0.9:4873/-/npm/v1/security/advisories/bulk failed, reason: connect ECONNREFUSED 10.0.0.9:4873',
      'request to the registry failed, reason: connect ECONNREFUSED the registry',
    ],
  ])('of a registry that is out of reach is repeated without its name (%p)', (message, reason) => {
    const printed = JSON.stringify({ message, error: { summary: '', detail: '' } });
    expect(readAudit(printed, project())).toEqual({ kind: 'unreachable', reason });
  });

  it('of one that is out of order tells the status', () => {
    const printed = JSON.stringify({ message: '503 Service Unavailable - POST', statusCode: 503 });
    expect(readAudit(printed, project())).toEqual({
      kind: 'unreachable',
      reason: 'the registry answers 503',
    });
  });
});

it.each([404, 405, 410, 501])('a registry that answers %i has no audit endpoint', (status) => {
  const printed = JSON.stringify({ message: 'as npm words it', statusCode: status });
  expect(readAudit(printed, project())).toEqual({ kind: 'no_audit_endpoint', status });
});

it.each([
  ['', 'npm audit printed no JSON'],
  ['{"error":{"code":"ENOLOCK"}}', 'npm audit printed neither a report nor a failure that is known'],
])('what npm prints and nobody understands (%p) is no clean bill', (printed, reason) => {
  expect(readAudit(printed, project())).toEqual({ kind: 'not_understood', reason });
});

describe('the command', () => {
  const projects = findProjects(root).projects.map(({ folder }) => folder);
  const files = ['package.json', 'package-lock.json', '.npmrc'];
  const copied = [
    'scripts/supplyChain.mjs',
    'tests/support/supplyChain',
    ...projects.flatMap((folder) => files.map((name) => join(folder, name))),
  ];

  async function runIn(
    tree: Tree,
    settings: Record<string, string>,
  ): Promise<{ code: number | null; stdout: string }> {
    const child = spawn(process.execPath, [join(tree.root, 'scripts/supplyChain.mjs')], {
      cwd: tree.root,
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const stdout = await text(child.stdout);
    if (child.exitCode === null) await once(child, 'exit');
    return { code: child.exitCode, stdout };
  }

  /** Settings for a stand-in of npm, which is quicker to start than npm; it prints that. */
  async function npmThatPrints(tree: Tree, printed: object): Promise<Record<string, string>> {
    await tree.write('stand-in/npm-cli.js', `console.log(${JSON.stringify(JSON.stringify(printed))})`);
    const cli = join(tree.root, 'stand-in/npm-cli.js');
    return { npm_execpath: cli, npm_node_execpath: process.execPath };
  }
  const noEndpoint = { message: '405 Method Not Allowed - POST', statusCode: 405 };

  it(
    'is content with this repository, and says that nobody audited it',
    async () => {
      const { url } = await registryThat({ kind: 'answers', status: 405 });
      const tree = await newTree(copied);
      const cache = join(tree.root, 'cache');
      const { code, stdout } = await runIn(tree, { npm_config_registry: url, npm_config_cache: cache });
      expect(stdout).toContain(`${projects.length} lock files`);
      expect(stdout).toContain('!!! NOT AUDITED: this registry has no audit endpoint (405).');
      expect(code).toBe(0);
    },
    limitMs,
  );

  it(
    'fails over one integrity that is missing',
    async () => {
      const tree = await newTree(copied);
      const [main] = findProjects(tree.root).projects.filter(({ folder }) => folder === '');
      delete main?.lock.packages?.['node_modules/express']?.integrity;
      await tree.write('package-lock.json', main?.lock ?? '');
      const { code, stdout } = await runIn(tree, await npmThatPrints(tree, noEndpoint));
      expect(stdout).toContain('package-lock.json: node_modules/express: has no sha512 integrity\n');
      expect(code).toBe(1);
    },
    limitMs,
  );

  it(
    'fails over an advisory, though the lock files are in good order',
    async () => {
      const helmet = { severity: 'high', range: '*', nodes: ['node_modules/helmet'], via: [] };
      const tree = await newTree(copied);
      const npm = await npmThatPrints(tree, { auditReportVersion: 2, vulnerabilities: { helmet } });
      const { code, stdout } = await runIn(tree, npm);
      expect(stdout).toMatch(/ 0 findings\n(.+\n)*VULNERABLE: helmet /);
      expect(code).toBe(1);
    },
    limitMs,
  );
});

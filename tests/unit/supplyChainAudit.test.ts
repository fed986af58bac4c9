import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../support/supplyChain/audit.ts';
import {
  type Advisory,
  type Conduct,
  type FakeRegistry,
  fakeRegistry,
} from '../support/supplyChain/fakeRegistry.ts';
import { findProjects, type Project } from '../support/supplyChain/lockFiles.ts';
import { plantedTree, project, type Tree } from '../support/supplyChain/planted.ts';
import { auditAll, type Verdict } from '../support/supplyChain/verdict.ts';

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

/** The verdict on a project that asks for `wanted`, which ships, and `tool`, which does not. */
async function verdictBy(url: string, requestMs?: number, audited: Project = project()): Promise<Verdict> {
  const tree = await newTree();
  const at = (name: string): string => join(audited.folder, name);
  await tree.write(at('package.json'), { name: 'planted', ...audited.manifest });
  await tree.write(at('package-lock.json'), { name: 'planted', requires: true, ...audited.lock });
  return auditAll(tree.root, [audited], {
    // npm remembers advisories: what is made up here must not get into the user's cache.
    words: [`--registry=${url}`, `--cache=${join(tree.root, 'cache')}`],
    ...(requestMs === undefined ? {} : { requestMs }),
  });
}

describe('where the registry answers npm audit', () => {
  const advisory = (name: string, severity: string, vulnerable = '<9.0.0'): Advisory => ({
    name,
    severity,
    vulnerable,
  });

  it.each<[string, Advisory[], boolean, string[]]>([
    ['that nothing is known is good', [], true, ['npm audit: nothing known']],
    [
      'a high advisory for what ships fails',
      [advisory('wanted', 'high')],
      false,
      [
        'VULNERABLE: wanted 1.0.0, high, ships https://advisories.invalid/wanted',
        'npm audit: packages with advisories: 1',
      ],
    ],
    [
      'a moderate one, and a critical one for a tool, are told',
      [advisory('wanted', 'moderate'), advisory('tool', 'critical')],
      true,
      [
        'advisory: tool 1.0.0, critical, development only https://advisories.invalid/tool',
        'advisory: wanted 1.0.0, moderate, ships https://advisories.invalid/wanted',
        'npm audit: packages with advisories: 2',
      ],
    ],
    [
      'one for other versions is none',
      [advisory('wanted', 'critical', '>=2.0.0')],
      true,
      ['npm audit: nothing known'],
    ],
  ])(
    '%s',
    async (_what, advisories, isGood, lines) => {
      const registry = await registryThat({ kind: 'knows', advisories });
      const verdict = await verdictBy(registry.url);
      expect(verdict).toEqual({ isGood, lines });
      expect(registry.asked).toEqual([{ wanted: ['1.0.0'], tool: ['1.0.0'] }]);
    },
    limitMs,
  );

  it(
    'what npm calls a run-time package of a tool does not ship',
    async () => {
      const registry = await registryThat({ kind: 'knows', advisories: [advisory('wanted', 'critical')] });
      expect((await verdictBy(registry.url, undefined, project({ folder: 'mutation' }))).isGood).toBe(true);
    },
    limitMs,
  );
});

describe('where it does not, that is told loudly and fails nothing', () => {
  const loud = (reason: string) => ({
    isGood: true,
    lines: expect.arrayContaining([expect.stringMatching(new RegExp(`^!!! NOT AUDITED: ${reason}`))]),
  });

  it(
    'a registry that knows no such request has no audit endpoint',
    async () => {
      const registry = await registryThat({ kind: 'answers', status: 405 });
      expect(await verdictBy(registry.url)).toEqual(loud('this registry has no audit endpoint \\(405\\)'));
      expect(registry.asked).toHaveLength(1);
    },
    limitMs,
  );

  it(
    'one that is out of order may have one',
    async () => {
      const { url } = await registryThat({ kind: 'answers', status: 503 });
      expect(await verdictBy(url)).toEqual(
        loud('the registry could not be asked \\(the registry answers 503\\)'),
      );
    },
    limitMs,
  );

  it(
    'one that hangs is not waited for',
    async () => {
      const { url } = await registryThat({ kind: 'hangs' });
      expect(await verdictBy(url, 1_000)).toEqual(loud('the registry could not be asked \\(network timeout'));
    },
    limitMs,
  );

  it(
    'one that is not there could not be asked, and its address is not repeated',
    async () => {
      const registry = await fakeRegistry({ kind: 'hangs' });
      await registry.close();
      const verdict = await verdictBy(registry.url);
      expect(verdict).toEqual(loud('the registry could not be asked \\(request to the registry failed'));
      expect(verdict.lines.join()).not.toContain('http://');
    },
    limitMs,
  );
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

  async function runIn(tree: Tree, registry: FakeRegistry): Promise<{ code: number | null; stdout: string }> {
    const child = spawn(process.execPath, [join(tree.root, 'scripts/supplyChain.mjs')], {
      cwd: tree.root,
      env: { ...process.env, npm_config_registry: registry.url, npm_config_cache: join(tree.root, 'cache') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const stdout = await text(child.stdout);
    if (child.exitCode === null) await once(child, 'exit');
    return { code: child.exitCode, stdout };
  }

  it(
    'is content with this repository, and says that nobody audited it',
    async () => {
      const registry = await registryThat({ kind: 'answers', status: 405 });
      const { code, stdout } = await runIn(await newTree(copied), registry);
      expect(stdout).toContain(`${projects.length} lock files`);
      expect(stdout).toContain('!!! NOT AUDITED: this registry has no audit endpoint (405).');
      expect(code).toBe(0);
    },
    limitMs,
  );

  it(
    'fails over one integrity that is missing',
    async () => {
      const registry = await registryThat({ kind: 'answers', status: 405 });
      const tree = await newTree(copied);
      const [main] = findProjects(tree.root).projects.filter(({ folder }) => folder === '');
      delete main?.lock.packages?.['node_modules/express']?.integrity;
      await tree.write('package-lock.json', main?.lock ?? '');
      const { code, stdout } = await runIn(tree, registry);
      expect(stdout).toContain('package-lock.json: node_modules/express: has no sha512 integrity\n');
      expect(code).toBe(1);
    },
    limitMs,
  );

  it(
    'fails over an advisory, though the lock files are in good order',
    async () => {
      const registry = await registryThat({
        kind: 'knows',
        advisories: [{ name: 'helmet', severity: 'high', vulnerable: '*' }],
      });
      const { code, stdout } = await runIn(await newTree(copied), registry);
      expect(stdout).toMatch(/ 0 findings\n(.+\n)*VULNERABLE: helmet /);
      expect(code).toBe(1);
    },
    limitMs,
  );
});

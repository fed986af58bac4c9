import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Project } from './lockFiles.ts';
import { ships } from './lockRules.ts';

export const severities = ['info', 'low', 'moderate', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

export type Vulnerable = {
  name: string;
  severity: Severity;
  range: string;
  ships: boolean;
  advisories: string[];
};

/** `vulnerable` may be empty. The others mean that nobody knows. */
export type AuditOutcome =
  | { kind: 'audited'; vulnerable: Vulnerable[] }
  | { kind: 'no_audit_endpoint'; status: number }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'not_understood'; reason: string };

export type AuditOptions = {
  /** Words for npm beyond the user's settings, as `--registry=…`. */
  words?: readonly string[];
  requestMs?: number;
};

/** An npm that hangs in spite of its own limit is ended after so many of them. */
const requestsUntilKilled = 4;

/** Settings of the user by which npm asks nobody, or not about everything, and reports that nothing is known. */
const asksAboutAll = ['--offline=false', '--include=dev', '--include=optional', '--include=peer'];

/** Has advisories since 2020: a registry that knows of none knows of nothing. Its code is never fetched. */
export const canary: Project = {
  folder: '',
  manifest: { dependencies: { minimist: '0.0.8' } },
  lock: {
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { minimist: '0.0.8' } },
      'node_modules/minimist': { version: '0.0.8' },
    },
  },
  settings: [],
};

/** Asks the registry what it knows of the locked versions of a project, installed or not (`npm audit`). */
export async function auditProject(project: Project, options: AuditOptions = {}): Promise<AuditOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'crucible-audit-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify(project.manifest));
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(project.lock));
    const { printed, failure } = await npmAuditIn(folder, options);
    return failure === null ? readAudit(printed, project) : { kind: 'unreachable', reason: failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function npmAuditIn(
  folder: string,
  { words = [], requestMs = 15_000 }: AuditOptions,
): Promise<{ printed: string; failure: string | null }> {
  const asked = [
    'audit',
    '--json',
    '--package-lock-only',
    '--fetch-retries=0',
    `--fetch-timeout=${requestMs}`,
    ...asksAboutAll,
  ];
  const { command, first } = npmCommand();
  const npm = spawn(command, [...first, ...asked, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  let failure: string | null = null;
  npm.on('error', (error) => {
    failure = `npm does not start (${error.message})`;
  });
  const limit = setTimeout(() => {
    failure = 'npm gave no answer in time';
    npm.kill('SIGKILL');
  }, requestsUntilKilled * requestMs);
  const printed = await text(npm.stdout);
  clearTimeout(limit);
  return { printed, failure };
}

type AuditReport = {
  auditReportVersion?: number;
  vulnerabilities?: Record<string, { severity: Severity; range: string; nodes: string[]; via: unknown[] }>;
  statusCode?: number;
  message?: string;
};

/** What `npm audit --json` has printed: its report, or how it failed. */
export function readAudit(printed: string, project: Project): AuditOutcome {
  let report: AuditReport;
  try {
    report = JSON.parse(printed);
  } catch {
    return { kind: 'not_understood', reason: 'npm audit printed no JSON' };
  }
  const { statusCode, message = '' } = report;
  if (report.auditReportVersion === 2 && report.vulnerabilities !== undefined)
    return { kind: 'audited', vulnerable: vulnerableIn(report.vulnerabilities, project) };
  if (statusCode !== undefined && [404, 405, 410, 501].includes(statusCode))
    return { kind: 'no_audit_endpoint', status: statusCode };
  if (statusCode !== undefined) return { kind: 'unreachable', reason: `the registry answers ${statusCode}` };
  if (/failed, reason|network timeout/.test(message))
    return { kind: 'unreachable', reason: withoutHosts(message) };
  return { kind: 'not_understood', reason: 'npm audit printed neither a report nor a failure that is known' };
}

/** npm's words name the registry in addresses, and in what the system says of its name or address. */
const withoutHosts = (message: string): string =>
  message.replace(/(ENOTFOUND|EAI_AGAIN) \S+$/, '$1 of the registry').replace(/\S*[.:]\S+/g, 'the registry');

function vulnerableIn(found: NonNullable<AuditReport['vulnerabilities']>, project: Project): Vulnerable[] {
  const packages = project.lock.packages ?? {};
  return Object.entries(found).map(([name, { severity, range, nodes, via }]) => ({
    name,
    severity,
    range,
    // One that the lock file does not know counts as shipped: better a word too many.
    ships: nodes.length === 0 || nodes.some((path) => ships(project, packages[path] ?? {})),
    advisories: via.flatMap((one) =>
      typeof one === 'object' && one !== null && 'url' in one ? [String(one.url)] : [],
    ),
  }));
}

/** High and critical ones, in what ships. The others are told and stop nobody. */
export const stops = ({ severity, ships }: Vulnerable): boolean =>
  ships && severities.indexOf(severity) >= severities.indexOf('high');

/** The npm that called us, where one did. */
function npmCommand(): { command: string; first: string[] } {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  return cli?.endsWith('npm-cli.js') && node
    ? { command: node, first: [cli] }
    : { command: 'npm', first: [] };
}

import { type AuditOutcome, auditProject, canary, stops, type Vulnerable } from './audit.ts';
import { installedFindings } from './installed.ts';
import { type Finding, findProjects, lockPathOf, type Project } from './lockFiles.ts';
import { lockFindings, policyFindings } from './lockRules.ts';

export type Verdict = { lines: string[]; isGood: boolean };

/** All that can be told without the network. */
export function checkTree(root: string): { projects: Project[]; findings: Finding[] } {
  const { projects, findings } = findProjects(root);
  return {
    projects,
    findings: [
      ...findings,
      ...projects.flatMap((project) => [...lockFindings(project), ...installedFindings(root, project)]),
      ...policyFindings(projects),
    ],
  };
}

type NotAudited = Exclude<AuditOutcome, { kind: 'audited' }> | { kind: 'knows_nothing' };

/**
 * One audit after the other; the first that nobody answers ends them, and what was found until then stands. Where nothing is
 * known at all, the canary tells whether anything could have been.
 */
export async function auditAll(
  projects: readonly Project[],
  ask: (project: Project) => Promise<AuditOutcome> = auditProject,
): Promise<Verdict> {
  const vulnerable: Vulnerable[] = [];
  for (const [index, project] of projects.entries()) {
    const outcome = await ask(project);
    if (outcome.kind !== 'audited') return verdictOn(vulnerable, projects.slice(index), outcome);
    vulnerable.push(...outcome.vulnerable);
  }
  if (vulnerable.length > 0) return verdictOn(vulnerable);
  const known = await ask(canary);
  if (known.kind !== 'audited') return verdictOn([], projects, known);
  return known.vulnerable.length > 0 ? verdictOn([]) : verdictOn([], projects, { kind: 'knows_nothing' });
}

function verdictOn(
  vulnerable: readonly Vulnerable[],
  rest: readonly Project[] = [],
  outcome?: NotAudited,
): Verdict {
  const count = vulnerable.length;
  const lines = vulnerable.map(lineOf).toSorted();
  if (count > 0) lines.push(`npm audit: packages with advisories: ${count}`);
  else if (outcome === undefined) lines.push('npm audit: nothing known');
  if (outcome !== undefined) lines.push(...loudly(outcome, rest));
  return { lines, isGood: outcome?.kind !== 'not_understood' && !vulnerable.some(stops) };
}

function lineOf(one: Vulnerable): string {
  const where = one.ships ? 'ships' : 'development only';
  return `${stops(one) ? 'VULNERABLE' : 'advisory'}: ${one.name} ${one.range}, ${one.severity}, ${where} ${one.advisories.join(' ')}`.trimEnd();
}

function loudly(outcome: NotAudited, rest: readonly Project[]): string[] {
  return [
    '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
    `!!! NOT AUDITED: ${reasonOf(outcome)}.`,
    `!!! Whether the packages of ${rest.map(lockPathOf).join(', ')} have known vulnerabilities, nobody has looked.`,
    '!!! Run "npm run supply-chain" where the registry answers npm audit.',
    '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
  ];
}

function reasonOf(outcome: NotAudited): string {
  switch (outcome.kind) {
    case 'no_audit_endpoint':
      return `this registry has no audit endpoint (${outcome.status})`;
    case 'unreachable':
      return `the registry could not be asked (${outcome.reason})`;
    case 'knows_nothing':
      return 'this registry knows of no advisory, not even of old ones';
    case 'not_understood':
      return outcome.reason;
  }
}

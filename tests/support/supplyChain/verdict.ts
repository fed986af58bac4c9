import { type AuditOutcome, auditProject, stops, type Vulnerable } from './audit.ts';
import { installedFindings } from './installed.ts';
import { type Finding, findProjects, type Project } from './lockFiles.ts';
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

/** One audit after the other; the first that nobody answers ends them. `words` go to npm. */
export async function auditAll(
  root: string,
  projects: readonly Project[],
  options: { words?: readonly string[]; requestMs?: number } = {},
): Promise<Verdict> {
  const vulnerable: Vulnerable[] = [];
  for (const project of projects) {
    const outcome = await auditProject(project, { root, ...options });
    if (outcome.kind !== 'audited') return notAudited(outcome);
    vulnerable.push(...outcome.vulnerable);
  }
  return {
    lines: [
      ...vulnerable.map(lineOf).toSorted(),
      vulnerable.length === 0
        ? 'npm audit: nothing known'
        : `npm audit: packages with advisories: ${vulnerable.length}`,
    ],
    isGood: !vulnerable.some(stops),
  };
}

function lineOf(one: Vulnerable): string {
  const where = one.ships ? 'ships' : 'development only';
  return `${stops(one) ? 'VULNERABLE' : 'advisory'}: ${one.name} ${one.range}, ${one.severity}, ${where} ${one.advisories.join(' ')}`.trimEnd();
}

function notAudited(outcome: Exclude<AuditOutcome, { kind: 'audited' }>): Verdict {
  const loud = (reason: string): string[] => [
    '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
    `!!! NOT AUDITED: ${reason}.`,
    '!!! Whether these packages have known vulnerabilities, nobody has looked.',
    '!!! Run "npm run supply-chain" where the registry answers npm audit.',
    '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
  ];
  switch (outcome.kind) {
    case 'no_audit_endpoint':
      return { lines: loud(`this registry has no audit endpoint (${outcome.status})`), isGood: true };
    case 'unreachable':
      return { lines: loud(`the registry could not be asked (${outcome.reason})`), isGood: true };
    case 'not_understood':
      return { lines: loud(outcome.reason), isGood: false };
  }
}

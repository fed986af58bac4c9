import { isDeepStrictEqual } from 'node:util';
import { isMetBy } from './licences.ts';
import { type Finding, type LockedPackage, nameOf, type Project, type Versions } from './lockFiles.ts';
import {
  allowedInstallScripts,
  type LicenceException,
  licenceExceptions,
  licences,
  toolFolders,
} from './policy.ts';

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const sha512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** git, http, file, link, and GitHub's `owner/name`: whatever does not come from the registry by name and version. */
const notFromRegistry = /^(git|https?:|file:|link:|workspace:|[a-z]+:[^@]*\/|[\w.-]+\/)/i;

/** What is wrong with a lock file and the package.json beside it. Nothing is installed or asked for. */
export function lockFindings(project: Project): Finding[] {
  const lockPath = `${project.folder === '' ? '' : `${project.folder}/`}package-lock.json`;
  const { packages } = project.lock;
  if (project.lock.lockfileVersion !== 3 || packages === undefined)
    return [`${lockPath}: not of version 3, the one that is understood here`];
  const all = Object.entries(packages).filter(([path]) => path !== '');
  const problems = [
    ...settingsProblems(project.settings),
    ...manifestProblems(project, packages),
    ...all.flatMap(([path, entry]) => sourceProblems(entry).map((problem) => `${path}: ${problem}`)),
    ...all.flatMap(([path, entry]) =>
      licenceProblems(nameOf(path), entry, ships(project, entry)).map((problem) => `${path}: ${problem}`),
    ),
    ...scriptProblems(project, all),
  ];
  return problems.map((problem) => `${lockPath}: ${problem}`);
}

/** Entries of the policy that nothing needs. */
export function policyFindings(
  projects: readonly Project[],
  exceptions: readonly LicenceException[] = licenceExceptions,
): Finding[] {
  const folders = projects.map(({ folder }) => folder);
  const locked = projects.flatMap(({ lock }) => Object.entries(lock.packages ?? {}));
  const allowed = projects.flatMap(({ manifest }) => Object.entries(manifest.allowScripts ?? {}));
  return [
    ...[...toolFolders].filter((folder) => !folders.includes(folder)).map((folder) => `the folder ${folder}`),
    ...exceptions
      .filter(({ package: name, licence }) =>
        locked.every(([path, entry]) => nameOf(path) !== name || entry.license !== licence),
      )
      .map(({ package: name, licence }) => `the exception for ${name} (${licence})`),
    ...Object.keys(allowedInstallScripts)
      .filter((name) => !allowed.some(([allowedName, may]) => allowedName === name && may === true))
      .map((name) => `the install script of ${name}`),
  ].map((what) => `tests/support/supplyChain/policy.ts: ${what} is not there any more`);
}

/** What whoever uses the server installs. Packages of a tool do not ship, whatever npm calls them. */
export const ships = ({ folder }: Project, { dev }: LockedPackage): boolean =>
  dev !== true && !toolFolders.has(folder);

function settingsProblems(settings: readonly string[]): string[] {
  const problems = settings
    .filter((line) =>
      /registry\s*=|\/\/|auth|token|password/i.test(line.replace(/^omit-lockfile-registry-resolved/, '')),
    )
    .map((line) => `.npmrc names a registry or credentials (${line.split('=')[0]?.trim()})`);
  return settings.includes('omit-lockfile-registry-resolved=true')
    ? problems
    : [...problems, '.npmrc beside it lacks omit-lockfile-registry-resolved=true'];
}

function manifestProblems({ manifest }: Project, packages: Record<string, LockedPackage>): string[] {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  const asked: Versions = Object.assign({}, ...kinds.map((kind) => manifest[kind]));
  return [
    ...kinds
      .filter((kind) => !isDeepStrictEqual(manifest[kind] ?? {}, packages['']?.[kind] ?? {}))
      .map((kind) => `does not agree with package.json about ${kind}; run npm install`),
    ...Object.entries(asked)
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => `package.json asks for ${name} ${version}, which is not one exact version`),
    ...Object.entries(asked)
      .filter(
        ([name, version]) => exact.test(version) && packages[`node_modules/${name}`]?.version !== version,
      )
      .map(([name, version]) => `has not ${name} ${version}, which package.json asks for`),
    ...textsIn(manifest.overrides ?? {})
      .filter((version) => !exact.test(version))
      .map((version) => `package.json overrides something with ${version}, which is not one exact version`),
  ];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function sourceProblems(entry: LockedPackage): string[] {
  const asked = Object.entries({ ...entry.dependencies, ...entry.optionalDependencies });
  const problems = asked
    .filter(([, version]) => notFromRegistry.test(version))
    .map(([name, version]) => `asks for ${name} by ${version}, which is not in the registry`);
  if (entry.link === true) problems.push('is a link, and not a package of the registry');
  if (entry.resolved !== undefined) problems.push('names the address that it comes from (resolved)');
  if (!sha512.test(entry.integrity ?? '')) problems.push('has no sha512 integrity');
  if (!exact.test(entry.version ?? '')) problems.push('has no exact version');
  return problems;
}

function licenceProblems(name: string, { license }: LockedPackage, isShipped: boolean): string[] {
  if (isMetBy(license, licences)) return [];
  const told = typeof license === 'string' ? `the licence ${license}` : 'no licence';
  if (isShipped) return [`ships and has ${told}, which is not on the list`];
  const isExcepted = licenceExceptions.some((one) => one.package === name && one.licence === license);
  return isExcepted ? [] : [`has ${told}, which is not on the list`];
}

function scriptProblems(project: Project, all: readonly [string, LockedPackage][]): string[] {
  const decided = new Map(Object.entries(project.manifest.allowScripts ?? {}));
  const withScript = all.filter(([, entry]) => entry.hasInstallScript === true);
  const names = new Set(withScript.map(([path]) => nameOf(path)));
  const problems = withScript.flatMap(([path, entry]) => {
    const mayRun = decided.get(nameOf(path));
    if (typeof mayRun !== 'boolean')
      return [`${path}: has an install script that allowScripts does not name`];
    if (!mayRun) return [];
    if (ships(project, entry)) return [`${path}: ships, and its install script may run`];
    const isExplained = Object.hasOwn(allowedInstallScripts, nameOf(path));
    return isExplained ? [] : [`${path}: its install script may run, and policy.ts does not say why`];
  });
  for (const name of decided.keys())
    if (!names.has(name)) problems.push(`allowScripts names ${name}, which has no install script`);
  // Where npm is older than allowScripts, this setting is what stops its telemetry.
  if (names.has('@scarf/scarf') && project.manifest.scarfSettings?.enabled !== false)
    problems.push('package.json lacks scarfSettings.enabled = false, and @scarf/scarf would report installs');
  return problems;
}

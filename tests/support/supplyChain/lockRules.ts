import { isDeepStrictEqual } from 'node:util';
import { isMetBy } from './licences.ts';
import {
  askedFields,
  type Finding,
  type LockedPackage,
  lockPathOf,
  nameOf,
  type Project,
  uncheckedFields,
  type Versions,
} from './lockFiles.ts';
import {
  aliases,
  allowedInstallScripts,
  type LicenceException,
  licenceExceptions,
  licences,
  settings as policySettings,
  toolFolders,
} from './policy.ts';

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const sha512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** git, http, file, link, and GitHub's `owner/name`: whatever does not come from the registry by name and version. */
const notFromRegistry = /^(git|https?:|file:|link:|workspace:|[a-z]+:[^@]*\/|[\w.-]+\/)/i;
/** Scripts of package.json that `npm ci` runs in its folder (docs.npmjs.com, "scripts"), which is before anything is checked. */
const runByInstall = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];

/** What is wrong with a lock file and the package.json beside it. Nothing is installed or asked for. */
export function lockFindings(project: Project): Finding[] {
  const lockPath = lockPathOf(project);
  const { packages } = project.lock;
  if (project.lock.lockfileVersion !== 3 || packages === undefined)
    return [`${lockPath}: not of version 3, the one that is understood here`];
  const all = Object.entries(packages).filter(([path]) => path !== '');
  const problems = [
    ...settingsProblems(project.settings),
    ...manifestProblems(project, packages),
    ...overrideProblems(project, all),
    ...all.flatMap(([path, entry]) => sourceProblems(entry).map((problem) => `${path}: ${problem}`)),
    ...all.flatMap(([path, entry]) => aliasProblems(path, entry, ships(project, entry))),
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
        locked.every(([path, entry]) => nameOf(path) !== name || (entry.license ?? null) !== licence),
      )
      .map(({ package: name, licence }) => `the exception for ${name} (${licence ?? 'no licence'})`),
    ...Object.keys(allowedInstallScripts)
      .filter((name) => !allowed.some(([allowedName, may]) => allowedName === name && may === true))
      .map((name) => `the install script of ${name}`),
    ...Object.entries(aliases)
      .filter(
        ([alias, name]) => !locked.some(([path, entry]) => nameOf(path) === alias && entry.name === name),
      )
      .map(([alias]) => `the alias ${alias}`),
  ].map((what) => `tests/support/supplyChain/policy.ts: ${what} is not there any more`);
}

/** What whoever uses the server installs. Packages of a tool do not ship, whatever npm calls them. */
export const ships = ({ folder }: Project, { dev }: LockedPackage): boolean =>
  dev !== true && !toolFolders.has(folder);

function settingsProblems(settings: readonly string[]): string[] {
  return [
    ...settings
      .filter((line) => !Object.hasOwn(policySettings, line))
      // Not the whole line: it may be a credential.
      .map((line) => `.npmrc sets ${line.split('=')[0]?.trim()} in a way that policy.ts does not know`),
    ...Object.entries(policySettings)
      .filter(([line, rule]) => rule === 'demanded' && !settings.includes(line))
      .map(([line]) => `.npmrc beside it lacks ${line}`),
  ];
}

function manifestProblems({ manifest }: Project, packages: Record<string, LockedPackage>): string[] {
  const asked: Versions = Object.assign({}, ...askedFields.map((kind) => manifest[kind]));
  return [
    ...askedFields
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
    ...uncheckedFields
      .filter((field) => manifest[field] !== undefined)
      .map((field) => `package.json has ${field}, which nobody checks here`),
    ...runByInstall
      .filter((name) => manifest.scripts?.[name] !== undefined)
      .map((name) => `package.json has the script ${name}, which an install would run`),
  ];
}

/** Of overrides that hold everywhere, `"name": "1.2.3"`. */
function overrideProblems({ manifest }: Project, all: readonly [string, LockedPackage][]): string[] {
  const overrides = Object.entries(manifest.overrides ?? {});
  return all.flatMap(([path, { version }]) =>
    overrides
      .filter(([name, wanted]) => name === nameOf(path) && exact.test(String(wanted)) && wanted !== version)
      .map(([, wanted]) => `${path}: is ${version}, and package.json overrides it with ${wanted}`),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function sourceProblems(entry: LockedPackage): string[] {
  const asked = [entry.dependencies, entry.optionalDependencies, entry.peerDependencies].flatMap((versions) =>
    Object.entries(versions ?? {}),
  );
  const problems = asked
    .filter(([, version]) => notFromRegistry.test(version))
    .map(([name, version]) => `asks for ${name} by ${version}, which is not in the registry`);
  if (entry.link === true) problems.push('is a link, and not a package of the registry');
  if (entry.inBundle === true)
    problems.push('comes inside another package (inBundle), with no hash of its own');
  if (entry.resolved !== undefined) problems.push('names the address that it comes from (resolved)');
  if (!sha512.test(entry.integrity ?? '')) problems.push('has no sha512 integrity');
  if (!exact.test(entry.version ?? '')) problems.push('has no exact version');
  return problems;
}

function aliasProblems(path: string, { name }: LockedPackage, isShipped: boolean): string[] {
  if (name === undefined) return [];
  if (isShipped) return [`${path}: ships and is the package ${name} under another name`];
  return aliases[nameOf(path)] === name
    ? []
    : [`${path}: is the package ${name}, and policy.ts knows no such alias`];
}

function licenceProblems(name: string, { license }: LockedPackage, isShipped: boolean): string[] {
  if (isMetBy(license, licences)) return [];
  const told = typeof license === 'string' ? `the licence ${license}` : 'no licence';
  if (isShipped) return [`ships and has ${told}, which is not on the list`];
  const isExcepted = licenceExceptions.some(
    (one) => one.package === name && one.licence === (license ?? null),
  );
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
    if (path !== `node_modules/${nameOf(path)}` || entry.name !== undefined)
      return [`${path}: is not the ${nameOf(path)} that allowScripts means, and its install script may run`];
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

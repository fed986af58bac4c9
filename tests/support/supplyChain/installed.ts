import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Finding,
  type Lock,
  type LockedPackage,
  nameOf,
  type Project,
  readLock,
  readRecord,
} from './lockFiles.ts';
import { allowedInstallScripts } from './policy.ts';

/**
 * Where node_modules is not what npm has installed by this lock file. npm has compared each package with its integrity as it
 * unpacked it; what somebody has put there since shows by name, version, licence or install script, and not if all are kept.
 * What was installed by an older lock file (the record that npm leaves says so, for each package) is no finding: the scripts
 * that need it bring it up to date.
 */
export function installedFindings(root: string, { folder, lock }: Project): Finding[] {
  const at = join(root, folder);
  const recordPath = 'node_modules/.package-lock.json';
  if (!existsSync(join(at, recordPath))) return [];
  const record = readLock(join(at, recordPath))?.packages;
  if (record === undefined) return [`${join(folder, recordPath)}: cannot be read`];
  const locked = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  const inPlace = inNodeModules(at, 'node_modules');
  const isKnown = isOfThisLock(record, locked)
    ? (path: string) => Object.hasOwn(lock.packages ?? {}, path)
    : (path: string) => Object.hasOwn(record, path);
  const strangers = inPlace
    .filter((path) => !isKnown(path) && !isOfScript(path))
    .map((path) => `${path}: is not in the lock file`);
  const problems = locked
    .filter(([path, { integrity }]) => record[path] !== undefined && record[path].integrity === integrity)
    .flatMap(([path, entry]) => packageProblems(at, path, entry).map((problem) => `${path}: ${problem}`));
  return [...strangers, ...problems].map((finding) => join(folder, finding));
}

/** Put there by an install script that may run, in the folder of its own package. */
const isOfScript = (path: string): boolean =>
  Object.keys(allowedInstallScripts).some((name) => path.startsWith(`node_modules/${name}/node_modules/`));

type InstalledManifest = {
  name?: unknown;
  version?: unknown;
  license?: unknown;
  scripts?: Record<string, unknown>;
  gypfile?: unknown;
};

function packageProblems(at: string, path: string, entry: LockedPackage): string[] {
  if (!existsSync(join(at, path)))
    return mayBeLeftOut(entry) ? [] : ['is in the lock file and not installed'];
  const manifest = readRecord<InstalledManifest>(join(at, path, 'package.json'));
  if (manifest === null) return ['has no package.json that can be read'];
  const compared: [what: string, installed: unknown, locked: unknown][] = [
    ['', manifest.name, entry.name ?? nameOf(path)],
    ['', manifest.version, entry.version],
    ['under ', licenceOf(manifest), entry.license],
  ];
  const problems = compared
    .filter(([, installed, locked]) => installed !== locked)
    .map(([what, installed, locked]) => `is ${what}${installed}, and ${locked} in the lock file`);
  if (hasInstallScript(manifest, join(at, path)) && entry.hasInstallScript !== true)
    problems.push('has an install script that the lock file does not tell of');
  return problems;
}

/** As npm writes it into a lock file: of the object of old times, its type. */
const licenceOf = ({ license }: InstalledManifest): unknown =>
  typeof license === 'object' && license !== null && 'type' in license ? license.type : license;

/** npm builds whatever has a binding.gyp, unless told not to (docs.npmjs.com, "scripts"). */
const hasInstallScript = ({ scripts = {}, gypfile }: InstalledManifest, folder: string): boolean =>
  ['preinstall', 'install', 'postinstall'].some((name) => Boolean(scripts[name])) ||
  (gypfile !== false && existsSync(join(folder, 'binding.gyp')));

function isOfThisLock(
  record: NonNullable<Lock['packages']>,
  locked: readonly [string, LockedPackage][],
): boolean {
  return locked.every(([path, entry]) => {
    const recorded = record[path];
    return recorded === undefined ? mayBeLeftOut(entry) : recorded.integrity === entry.integrity;
  });
}

/** Optional packages of other platforms are not installed. */
const mayBeLeftOut = ({ optional, devOptional }: LockedPackage): boolean =>
  optional === true || devOptional === true;

/** Whatever an import or a require finds in a node_modules, and in those of the packages there; files too. */
function inNodeModules(at: string, folder: string): string[] {
  if (!existsSync(join(at, folder))) return [];
  return readdirSync(join(at, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name.startsWith('@')) return inNodeModules(at, path);
      return entry.isDirectory() ? [path, ...inNodeModules(at, `${path}/node_modules`)] : [path];
    });
}

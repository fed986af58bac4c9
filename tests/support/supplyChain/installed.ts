import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, type Lock, type LockedPackage, type Project, readJson } from './lockFiles.ts';

/**
 * Where node_modules is not what npm has installed by this lock file. npm has compared each package with its integrity as it
 * unpacked it; what somebody has put there since shows by name, version or licence, and not if all three are kept. What was
 * installed by an older lock file is no finding: the scripts that need it bring it up to date.
 */
export function installedFindings(root: string, { folder, lock }: Project): Finding[] {
  const at = join(root, folder);
  const locked = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  if (!isInstalledBy(at, locked)) return [];
  const paths = new Set(locked.map(([path]) => path));
  const findings = packagesIn(at)
    .filter((path) => !paths.has(path))
    .map((path) => `${join(folder, path)}: is not in the lock file`);
  for (const [path, entry] of locked) {
    const manifestPath = join(at, path, 'package.json');
    if (!existsSync(manifestPath)) {
      if (!mayBeLeftOut(entry)) findings.push(`${join(folder, path)}: is in the lock file and not installed`);
      continue;
    }
    const { version, license }: { version?: unknown; license?: unknown } = readJson(manifestPath);
    if (version !== entry.version)
      findings.push(`${join(folder, path)}: is ${String(version)}, and ${entry.version} in the lock file`);
    if (typeof license === 'string' && license !== entry.license)
      findings.push(
        `${join(folder, path)}: is under ${license}, and ${String(entry.license)} in the lock file`,
      );
  }
  return findings;
}

/** Goes by the record that npm leaves when it is done. */
function isInstalledBy(at: string, locked: readonly [string, LockedPackage][]): boolean {
  const recordPath = join(at, 'node_modules/.package-lock.json');
  if (!existsSync(recordPath)) return false;
  const { packages: record = {} } = readJson<Lock>(recordPath);
  return locked.every(([path, entry]) => {
    const recorded = record[path];
    return recorded === undefined ? mayBeLeftOut(entry) : recorded.integrity === entry.integrity;
  });
}

/** Optional packages of other platforms are not installed. */
const mayBeLeftOut = ({ optional, devOptional }: LockedPackage): boolean =>
  optional === true || devOptional === true;

/** Packages at the top of node_modules, where an import finds them. */
function packagesIn(at: string): string[] {
  const names = (path: string): string[] =>
    readdirSync(join(at, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => `${path}/${name}`);
  return names('node_modules').flatMap((path) => (path.includes('/@') ? names(path) : [path]));
}

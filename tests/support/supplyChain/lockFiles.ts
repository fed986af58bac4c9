import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export type Versions = Record<string, string>;

/** Where package.json asks for packages. */
export const askedFields = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/** Other ways for package.json to have something installed. Nothing here needs them, and so nobody checks what they bring. */
export const uncheckedFields = [
  'peerDependencies',
  'workspaces',
  'bundleDependencies',
  'bundledDependencies',
] as const;

/** package.json, as far as it is looked at. */
export type Manifest = {
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  peerDependencies?: Versions;
  workspaces?: unknown;
  bundleDependencies?: unknown;
  bundledDependencies?: unknown;
  scripts?: Record<string, unknown>;
  overrides?: Record<string, unknown>;
  allowScripts?: Record<string, unknown>;
  scarfSettings?: { enabled?: unknown };
};

/** An entry of `packages` in a package-lock.json (docs.npmjs.com, "package-lock.json"). */
export type LockedPackage = Omit<Manifest, 'overrides' | 'allowScripts'> & {
  /** Where it is another package than its folder says (an alias). */
  name?: string;
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  hasInstallScript?: boolean;
  license?: unknown;
};

export type Lock = { lockfileVersion?: number; packages?: Record<string, LockedPackage> };

/** A folder that npm installs into: what it asks for, and what it gets. */
export type Project = {
  /** From the root of the repository; empty for the root itself. */
  folder: string;
  manifest: Manifest;
  lock: Lock;
  /** The lines of its .npmrc. */
  settings: readonly string[];
};

/** One thing that is wrong, in one sentence that begins with where. */
export type Finding = string;

/** Not looked into at any depth; nor are, at the root alone, the folders that this repository's commands fill. */
const notSources = new Set(['node_modules', '.git']);
const filledByCommands = new Set(['.data', 'dist', 'coverage', 'spool', 'secrets']);
const otherLocks = new Set(['npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']);

/** Every folder with a package.json, found by looking, so that none can be forgotten. */
export function findProjects(root: string): { projects: Project[]; findings: Finding[] } {
  const projects: Project[] = [];
  const findings: Finding[] = [];
  for (const { folder, files } of foldersUnder(root)) {
    const at = (name: string): string => join(folder, name);
    for (const name of files.filter((name) => otherLocks.has(name)))
      findings.push(`${at(name)}: a kind of lock file that nobody checks here`);
    if (!files.includes('package.json')) {
      if (files.includes('package-lock.json')) findings.push(`${at('package-lock.json')}: no package.json`);
      continue;
    }
    const manifest = readRecord<Manifest>(join(root, at('package.json')));
    if (manifest === null) findings.push(`${at('package.json')}: cannot be read`);
    else if (files.includes('package-lock.json')) {
      const lock = readLock(join(root, at('package-lock.json')));
      if (lock === null) findings.push(`${at('package-lock.json')}: cannot be read`);
      else projects.push({ folder, manifest, lock, settings: settingsIn(join(root, at('.npmrc'))) });
    } else if (asks(manifest)) findings.push(`${at('package.json')}: asks for packages and has no lock file`);
  }
  return { projects, findings };
}

function* foldersUnder(root: string, at = root): Generator<{ folder: string; files: string[] }> {
  const entries = readdirSync(at, { withFileTypes: true });
  yield {
    folder: relative(root, at),
    files: entries.filter((entry) => entry.isFile()).map(({ name }) => name),
  };
  for (const entry of entries)
    if (
      entry.isDirectory() &&
      !notSources.has(entry.name) &&
      !(at === root && filledByCommands.has(entry.name))
    )
      yield* foldersUnder(root, join(at, entry.name));
}

const asks = (manifest: Manifest): boolean =>
  [...askedFields, ...uncheckedFields].some((field) => Object.keys(manifest[field] ?? {}).length > 0);

function settingsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line));
}

/** A JSON object; null if there is none to be read. */
export function readRecord<T extends object>(path: string): T | null {
  try {
    const value: T | null = JSON.parse(readFileSync(path, 'utf8'));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** A lock file whose packages are objects; null otherwise. */
export function readLock(path: string): Lock | null {
  const lock = readRecord<Lock>(path);
  return lock !== null && Object.values(lock.packages ?? {}).every(isRecord) ? lock : null;
}

const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const lockPathOf = ({ folder }: Project): string => join(folder, 'package-lock.json');

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export type Versions = Record<string, string>;

/** package.json, as far as it is looked at. */
export type Manifest = {
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  overrides?: Record<string, unknown>;
  allowScripts?: Record<string, unknown>;
  scarfSettings?: { enabled?: unknown };
};

/** An entry of `packages` in a package-lock.json (docs.npmjs.com, "package-lock.json"). */
export type LockedPackage = Omit<Manifest, 'overrides' | 'allowScripts'> & {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
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

const notSources = new Set(['node_modules', '.git', '.data', 'dist', 'coverage', 'spool', 'secrets']);
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
    const manifest: Manifest = readJson(join(root, at('package.json')));
    if (files.includes('package-lock.json')) {
      const lock: Lock = readJson(join(root, at('package-lock.json')));
      projects.push({ folder, manifest, lock, settings: settingsIn(join(root, at('.npmrc'))) });
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
    if (entry.isDirectory() && !notSources.has(entry.name)) yield* foldersUnder(root, join(at, entry.name));
}

const asks = ({ dependencies, devDependencies, optionalDependencies }: Manifest): boolean =>
  Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).length > 0;

function settingsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line));
}

export function readJson<T>(path: string): T {
  const value: T = JSON.parse(readFileSync(path, 'utf8'));
  return value;
}

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

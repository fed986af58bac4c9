import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LockedPackage, Manifest, Project } from './lockFiles.ts';

/** 64 bytes, as an integrity has them; of no package. */
export const someSha512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;

/** A package of the registry, in good order. */
export function lockedPackage(extra: LockedPackage = {}): LockedPackage {
  return { version: '1.0.0', integrity: someSha512, license: 'MIT', ...extra };
}

export const goodSettings = ['omit-lockfile-registry-resolved=true', 'strict-allow-scripts=true'];

/** A project in good order that asks for `wanted` 1.0.0 and, for development, for `tool` 1.0.0, but for what is said. */
export function project(
  change: {
    folder?: string;
    manifest?: Manifest;
    packages?: Record<string, LockedPackage>;
    settings?: readonly string[];
  } = {},
): Project {
  const asked = { dependencies: { wanted: '1.0.0' }, devDependencies: { tool: '1.0.0' } };
  const manifest = { ...asked, ...change.manifest };
  const { dependencies = {}, devDependencies = {}, optionalDependencies } = manifest;
  return {
    folder: change.folder ?? '',
    manifest,
    lock: {
      lockfileVersion: 3,
      packages: {
        '': { dependencies, devDependencies, ...(optionalDependencies ? { optionalDependencies } : {}) },
        'node_modules/wanted': lockedPackage(),
        'node_modules/tool': lockedPackage({ dev: true }),
        ...change.packages,
      },
    },
    settings: change.settings ?? goodSettings,
  };
}

export type Tree = {
  root: string;
  write(path: string, content: string | object): Promise<void>;
  remove(): Promise<void>;
};

/** A folder of its own; `copied` from another root are put there first. */
export async function plantedTree(from: string, copied: readonly string[] = []): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'crucible-supply-chain-'));
  for (const path of copied) await cp(join(from, path), join(root, path), { recursive: true });
  return {
    root,
    async write(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

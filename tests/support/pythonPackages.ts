import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installLimitMs = 300_000;

/**
 * Installs packages from PyPI into the user's cache, once. One rename at the end, so that several runs may try at once.
 * @param name of their folder: it must change with the requirements
 * @returns the folder, for PYTHONPATH
 */
export async function ensurePythonPackages(name: string, requirements: readonly string[]): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'crucible');
  const target = join(cache, name);
  if (await exists(target)) return target;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'install-'));
  try {
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', work, ...requirements], {
      timeout: installLimitMs,
    });
    await rename(work, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

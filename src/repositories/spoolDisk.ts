import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

export type SpoolDisk =
  /** `waiting`: files in which reports wait for the database, of whichever instance. */
  | { kind: 'usable'; path: string; freeBytes: number; waiting: number }
  /** It is made with the first report; `freeBytes` are those of the directory where it will be. */
  | { kind: 'not_there_yet'; path: string; freeBytes: number }
  | { kind: 'unusable'; path: string; code: string };

/** Looks at the directory of the report spool, and writes nothing. */
export async function spoolDisk(directory: string): Promise<SpoolDisk> {
  const path = resolve(directory);
  try {
    if (!(await isThere(path))) {
      const parent = dirname(path);
      await access(parent, constants.W_OK | constants.X_OK);
      return { kind: 'not_there_yet', path, freeBytes: await freeBytes(parent) };
    }
    await access(path, constants.W_OK | constants.X_OK | constants.R_OK);
    const files = await readdir(path);
    const waiting = files.filter((file) => file.endsWith('.jsonl')).length;
    return { kind: 'usable', path, freeBytes: await freeBytes(path), waiting };
  } catch (error) {
    return { kind: 'unusable', path, code: codeOf(error) ?? 'unknown' };
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null;
}

import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartFailure } from './failure.ts';

/** The files of the data directory. */
export type DataFiles = {
  directory: string;
  /** Who we are from start to start: see secrets.ts. */
  secrets: string;
  mongo: string;
  /** Everything that the simulated mint knows. */
  simulatorJournal: string;
  /** For scripts: where everything is, while it runs. */
  dev: string;
};

/**
 * Makes the data directory, for this user alone.
 * @throws StartFailure
 */
export async function openDataDirectory(wanted: string): Promise<DataFiles> {
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    const directory = await realpath(resolve(wanted));
    await proveWritable(directory);
    return {
      directory,
      secrets: join(directory, 'secrets.json'),
      mongo: join(directory, 'mongo'),
      simulatorJournal: join(directory, 'simulator.jsonl'),
      dev: join(directory, 'dev.json'),
    };
  } catch (error) {
    throw new StartFailure(
      `The data directory ${wanted} cannot be written to (${reasonOf(error)}); name another one in CRUCIBLE_DATA_DIR.`,
    );
  }
}

/** Permissions do not tell whether a disk is full or read-only. */
async function proveWritable(directory: string): Promise<void> {
  const path = join(directory, `.probe-${process.pid}`);
  await writePrivately(path, '');
  await rm(path);
}

/** Writes a file that only this user may read; a reader sees the old one or the new one, never a part. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Whether a file is missing, as against unreadable. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return String(error);
  if (error.code === 'EEXIST' || error.code === 'ENOTDIR') return 'there is a file in its place';
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'no permission';
  if (error.code === 'EROFS') return 'the file system is read-only';
  if (error.code === 'ENOSPC') return 'the disk is full';
  return error.message;
}

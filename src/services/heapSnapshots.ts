import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import type { Logger } from '../logger.ts';
import { oneAtATime } from './operations/rounds.ts';

/** Each is as large as the heap; whoever wants another removes one first. */
const mostFiles = 3;
const leastPauseMs = 60_000;

/**
 * Writes the whole memory of this process into a file of `directory`, for finding what grows. Such a file holds everything
 * that the process knows: mnemonic, master key, proofs, API keys. So it is made only where an operator has named a directory
 * and may signal the process, it is never told over HTTP, and nobody but the server's user may read it. The process does
 * nothing else meanwhile, for seconds.
 * @returns takes one; never throws, and says in the log what came of it
 */
export function createHeapSnapshots(parts: {
  directory: string | null;
  logger: Logger;
  now: () => Date;
}): () => Promise<void> {
  const { directory, logger, now } = parts;
  let lastMs = Number.NEGATIVE_INFINITY;

  async function take(): Promise<void> {
    const atMs = now().getTime();
    if (directory === null) return refuse('CRUCIBLE_HEAP_SNAPSHOT_DIR is not set');
    if (atMs - lastMs < leastPauseMs) return refuse('the last one is less than a minute old');
    try {
      const trouble = await troubleWith(directory);
      if (trouble !== null) return refuse(trouble);
      const path = join(directory, `${atMs}-${process.pid}.heapsnapshot`);
      lastMs = atMs;
      writeForOwnerAlone(path);
      logger.warn('a heap snapshot was written: it holds every secret of this server', { path });
    } catch (error) {
      logger.error('a heap snapshot could not be written; remove what there is of it', { error });
    }
  }

  const refuse = (why: string): void => {
    logger.warn(`no heap snapshot was written: ${why}`);
  };

  return oneAtATime(take).run;
}

/** Why none may be written there; null where it may. The directory is made if need be. */
async function troubleWith(directory: string): Promise<string | null> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) return 'others than the server’s user may enter the directory (chmod 700)';
  const files = (await readdir(directory)).filter((name) => name.endsWith('.heapsnapshot'));
  return files.length < mostFiles ? null : `there are ${files.length} already; remove one`;
}

/** Nothing else runs in between: the file is made with this mask, and never was anybody else's to read. */
function writeForOwnerAlone(path: string): void {
  const before = process.umask(0o177);
  try {
    writeHeapSnapshot(path);
  } finally {
    process.umask(before);
  }
}

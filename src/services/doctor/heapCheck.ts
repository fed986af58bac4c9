import { readdir, stat } from 'node:fs/promises';
import { type Finding, notice, wrong } from './findings.ts';

/** Heap snapshots that lie about, each with every secret of a server in it. Nothing is said where there is none. */
export async function checkHeapSnapshots(directory: string | null): Promise<Finding[]> {
  if (directory === null || !(await isThere(directory))) return [];
  const files = (await readdir(directory)).filter((name) => name.endsWith('.heapsnapshot'));
  if (files.length === 0) return [];
  const says = `Heap snapshots lie here: ${files.length}. Each holds every secret of a server.`;
  const next = 'Delete them once they have been read.';
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) return [wrong('heap', `${says} Others may enter.`, { subject: directory, next })];
  return [notice('heap', says, { subject: directory, next })];
}

/** On the machine where the doctor runs, which need not be the server's. */
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

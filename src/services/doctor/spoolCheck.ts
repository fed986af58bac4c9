import { type SpoolDisk, spoolDisk } from '../../repositories/spoolDisk.ts';
import { type Finding, fine, notice, wrong } from './findings.ts';

/** A file of the spool has at most 4 MiB, so this is room for many instances, and for the log beside them. */
const leastFreeBytes = 256 * 1024 * 1024;

/** Whether reports would outlive the process while the database is away. */
export async function checkSpool(directory: string): Promise<Finding[]> {
  const disk = await spoolDisk(directory);
  if (disk.kind === 'unusable')
    return [
      wrong('spool', `It cannot be written (${disk.code}): reports would be lost with the process.`, {
        subject: disk.path,
        next: 'Let CRUCIBLE_SPOOL_DIR name a directory that the server’s user alone may enter and write.',
      }),
    ];
  return [room(disk), ...waitingIn(disk)];
}

function room({ path: subject, freeBytes }: Exclude<SpoolDisk, { kind: 'unusable' }>): Finding {
  const free = `${Math.floor(freeBytes / (1024 * 1024))} MiB free.`;
  return freeBytes < leastFreeBytes
    ? wrong('spool', `Only ${free}`, { subject, next: 'Make room on this disk.' })
    : fine('spool', `It can be written; ${free}`, { subject });
}

function waitingIn(disk: Exclude<SpoolDisk, { kind: 'unusable' }>): Finding[] {
  if (disk.kind === 'not_there_yet')
    return [notice('spool', 'It is not there yet; the first report makes it.', { subject: disk.path })];
  if (disk.waiting === 0) return [];
  return [
    notice(
      'spool',
      `Reports wait in ${disk.waiting} ${disk.waiting === 1 ? 'file' : 'files'} for the database.`,
      {
        subject: disk.path,
        next: 'A running server writes them down by itself once the database takes writes.',
      },
    ),
  ];
}

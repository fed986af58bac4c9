import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeProcess } from './processes.ts';

/** What the last start left beside MongoDB's own files. */
interface StartRecord {
  port: number;
  /** The process that started mongod, and ends it. */
  ownerPid: number;
}

const recordName = 'crucible-mongod.json';
const endLimitMs = 30_000;
const lookEveryMs = 50;

/** Remembers who runs mongod on this directory, and on which port. */
export async function writeStartRecord(dbPath: string, record: StartRecord): Promise<void> {
  await writeFile(join(dbPath, recordName), JSON.stringify(record));
}

/** The port of the last start, so that addresses stay the same where they can. */
export async function portOfLastStart(dbPath: string): Promise<number | undefined> {
  return (await readStartRecord(dbPath))?.port;
}

/**
 * Makes sure that no mongod runs on this directory: one that outlived its owner is ended, and one whose
 * owner lives is left alone.
 *
 * @throws Error when the directory is in use.
 */
export async function endOrphan(dbPath: string, onProgress: (text: string) => void): Promise<void> {
  const pid = await pidInLockFile(dbPath);
  if (pid === undefined || !(await isMongodOn(dbPath, pid))) return;

  const ownerPid = (await readStartRecord(dbPath))?.ownerPid;
  const parentPid = (await describeProcess(pid))?.parentPid;
  if (parentPid !== undefined && parentPid === ownerPid) {
    throw new Error(`The data directory ${dbPath} is in use by process ${ownerPid}; stop that one first.`);
  }
  onProgress(`ending a mongod (process ${pid}) that an earlier start left behind…`);
  await end(dbPath, pid);
}

/** mongod keeps its process id in this file, and empties the file when it ends in good order. */
async function pidInLockFile(dbPath: string): Promise<number | undefined> {
  const text = await readFile(join(dbPath, 'mongod.lock'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** A process id alone proves nothing: after a restart of the machine it may be anybody's. */
async function isMongodOn(dbPath: string, pid: number): Promise<boolean> {
  const found = await describeProcess(pid);
  return found?.commandLine.includes(` --dbpath ${dbPath} `) ?? false;
}

async function end(dbPath: string, pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const killAt = Date.now() + endLimitMs;
  while (await isMongodOn(dbPath, pid)) {
    if (Date.now() > killAt) process.kill(pid, 'SIGKILL');
    await pause(lookEveryMs);
  }
}

async function readStartRecord(dbPath: string): Promise<StartRecord | undefined> {
  const path = join(dbPath, recordName);
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isStartRecord(record)) return record;
  } catch {
    // Missing, or cut short by a crash: then nothing is remembered.
  }
  await rm(path, { force: true });
  return undefined;
}

function isStartRecord(value: unknown): value is StartRecord {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'port' in value && Number.isInteger(value.port) && 'ownerPid' in value && Number.isInteger(value.ownerPid)
  );
}

import { constants } from 'node:fs';
import { access, appendFile, lstat, mkdir, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import type { Logger } from '../logger.ts';
import { within } from '../timing.ts';
import { lineOf, readLines } from './reportSpoolLines.ts';
import type { Incident } from './reports.ts';

/** A file that another process has left, now ours: its incidents, in the order in which they were met. */
export type LeftBehind = { path: string; incidents: Incident[] };

export type ReportSpool = ReturnType<typeof createReportSpool>;

/** Whoever has something in the spool shows once a second that it lives; after so many, its files are anybody's. */
const deadAfterMs = 5_000;
const appendWithinMs = 250;
const maxFileBytes = 4 * 1024 * 1024;

/**
 * Incidents that wait for the database, on disk, so that they survive this process: one file for each process in a
 * directory that instances of a deployment may share, JSON lines, only ever appended to and removed whole. It helps where
 * it can and hinders nobody: what it cannot do is logged, nothing throws, and no caller waits longer than 250 ms.
 *
 * @param instance names the database and this instance of it, as `Database.appName` does: files of others are left alone
 */
export function createReportSpool(parts: { directory: string; instance: string; logger: Logger }) {
  const { directory, logger } = parts;
  const name = parts.instance.replaceAll('/', '.');
  const ofDatabase = name.slice(0, name.lastIndexOf('.') + 1);
  const ownPath = join(directory, `${name}.jsonl`);
  /** All that this process answers for: its own file, and those that it has taken over. */
  const ours = new Set<string>();
  let bytes = 0;
  let taken = 0;
  let isFailing = false;
  let work: Promise<unknown> = Promise.resolve();

  /** Keeps an incident whose supportId is about to be told. @returns whether it is on disk, as far as is known in time */
  async function append(incident: Incident): Promise<boolean> {
    const line = lineOf(incident);
    const written = inTurn(async () => {
      if (bytes + line.length > maxFileBytes) throw new Error('the spool is full');
      await mkdir(directory, { recursive: true, mode: 0o700 });
      ours.add(ownPath);
      await appendFile(ownPath, line, { mode: 0o600, flush: true });
      bytes += line.length;
    });
    return within(appendWithinMs, written, () => false);
  }

  /** Says that what is in our files is being looked after. */
  function showLife(): void {
    const at = new Date();
    for (const path of ours) void utimes(path, at, at).catch(() => undefined);
  }

  /** All of our own incidents are in the database. */
  async function clear(): Promise<void> {
    if (ours.has(ownPath)) await discard(ownPath);
  }

  /** Looks whether files can be written, says so where not. To be called once, at the start. */
  async function check(): Promise<void> {
    await inTurn(async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await access(directory, constants.W_OK | constants.X_OK | constants.R_OK);
    });
  }

  /** Takes over what processes have left that are no more. Each file goes to one of those who ask. */
  async function takeOver(): Promise<LeftBehind[]> {
    const left: LeftBehind[] = [];
    for (const file of await readdir(directory).catch(() => [])) {
      if (!file.startsWith(ofDatabase) || !file.endsWith('.jsonl')) continue;
      const path = join(directory, file);
      if (ours.has(path) || !(await isLeftBehind(path))) continue;
      taken += 1;
      const mine = join(directory, `${name}.${taken}.jsonl`);
      // Whoever renames it first has it.
      if (!(await succeeds(rename(path, mine)))) continue;
      ours.add(mine);
      showLife();
      const content = await readFile(mine, 'utf8').catch(() => '');
      left.push({ path: mine, incidents: readLines(content, (damage) => skipped(file, damage)) });
    }
    return left;
  }

  function skipped(file: string, { line, why }: { line: number; why: string }): void {
    logger.error('a damaged line of the report spool was skipped', { file, line, why });
  }

  /** Removes a file whose incidents are all in the database. */
  async function discard(path: string): Promise<void> {
    await inTurn(async () => {
      await rm(path, { force: true });
      ours.delete(path);
      if (path === ownPath) bytes = 0;
    });
  }

  /** One after the other, so that a file is not removed while it is appended to. @returns whether it went well */
  function inTurn(step: () => Promise<void>): Promise<boolean> {
    const done = work.then(step).then(succeeded, failed);
    work = done;
    return done;
  }

  function succeeded(): boolean {
    isFailing = false;
    return true;
  }

  /** Said once: while the database is away, it would be said with every request. */
  function failed(error: unknown): boolean {
    if (!isFailing)
      logger.warn(
        'the report spool cannot be written: reports that wait for the database are in memory only',
        {
          directory,
          code: types.isNativeError(error) ? String(Reflect.get(error, 'code') ?? error.message) : 'unknown',
        },
      );
    isFailing = true;
    return false;
  }

  return { check, append, showLife, clear, takeOver, discard };
}

async function isLeftBehind(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile() || found.size > 2 * maxFileBytes) return false;
  return Math.abs(Date.now() - found.mtimeMs) > deadAfterMs;
}

const succeeds = (step: Promise<unknown>): Promise<boolean> =>
  step.then(
    () => true,
    () => false,
  );

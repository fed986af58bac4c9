import type { Profile } from '../../models/profile.ts';
import type { ExaminationReads } from '../../repositories/examination.ts';
import { within } from '../../timing.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { checkClock, checkFitness, checkIndexes, checkKeys } from './databaseChecks.ts';
import { type CheckName, checked, type Finding, reasonOf, wrong } from './findings.ts';
import { checkHeapSnapshots } from './heapCheck.ts';
import { checkKpis } from './kpiChecks.ts';
import { checkMint } from './mintCheck.ts';
import { checkSpool } from './spoolCheck.ts';
import { checkBackends, checkOperations, checkReports } from './workChecks.ts';

type Parts = {
  /** Connects; the examination closes it. */
  open: () => Promise<ExaminationReads>;
  mints: Pick<MintDirectory, 'at' | 'describe' | 'urls'>;
  spoolDirectory: string;
  heapSnapshotDirectory: string | null;
  previousKeys: number;
  now: () => Date;
};

/** `profile`: what the database is for; null where it does not say, or cannot be asked. */
export type Examined = { findings: readonly Finding[]; profile: Profile | null };

/**
 * All that a person would look at, in seconds: database, mints, keys, disk, operations and reports. Writes nothing and
 * starts nothing. Whatever fails is a finding, and hinders no other check.
 */
export async function examine(parts: Parts): Promise<Examined> {
  const { open, mints, spoolDirectory, previousKeys, now } = parts;
  const spool = checked('spool', () => checkSpool(spoolDirectory));
  const { reads, fitness } = await opened(open);
  const profile = reads === null ? null : await inTime(reads.owner(), null);
  const checks: Promise<readonly Finding[]>[] = [];
  const look = (name: CheckName, check: () => Promise<Finding[]>) => checks.push(checked(name, check));
  if (reads !== null) {
    look('indexes', () => checkIndexes(reads));
    look('clock', () => checkClock(reads, now));
    look('keys', () => checkKeys(reads, previousKeys));
  }
  for (const url of mints.urls) look('mint', () => checkMint(mints, url, { profile, now }));
  checks.push(spool);
  look('heap', () => checkHeapSnapshots(parts.heapSnapshotDirectory));
  if (reads !== null) {
    look('operations', () => checkOperations(reads, now));
    look('reports', () => checkReports(reads));
    look('backends', () => checkBackends(reads, now));
    look('kpis', () => checkKpis(reads, now));
  }
  try {
    return { findings: [...fitness, ...(await Promise.all(checks)).flat()], profile };
  } finally {
    if (reads !== null) await inTime(reads.close(), undefined);
  }
}

/** A database that has stopped answering in the middle is waited for no longer than this. */
const answerWithinMs = 3_000;

const inTime = <T>(work: Promise<T>, otherwise: T): Promise<T> =>
  within(
    answerWithinMs,
    work.catch(() => otherwise),
    () => otherwise,
  );

/** Waited for as long as connecting may take, so that nothing is left open behind. */
async function opened(
  open: Parts['open'],
): Promise<{ reads: ExaminationReads | null; fitness: readonly Finding[] }> {
  try {
    const reads = await open();
    const fitness = await checked('database', () => checkFitness(reads));
    const told = reads.clock().then(() => true);
    if (await inTime(told, false)) return { reads, fitness };
    // Said once: each of the other checks would wait to say it again.
    await inTime(reads.close(), undefined);
    const isSaid = fitness.some(({ verdict }) => verdict === 'wrong');
    return { reads: null, fitness: isSaid ? fitness : [wrong('database', 'It does not answer any more.')] };
  } catch (error) {
    const otherwise =
      'No connection can be made as MONGODB_URI says: is it an address of MongoDB, with the right user and password?';
    return { reads: null, fitness: [wrong('database', reasonOf(error, otherwise))] };
  }
}

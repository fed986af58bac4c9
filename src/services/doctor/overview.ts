import type { ExaminationReads, OpenReports } from '../../repositories/examination.ts';
import type { OpenOperations, SealingState } from '../../repositories/overview.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { asDetail } from '../mint/wire.ts';
import { reasonOf } from './findings.ts';

export type MintLine = { url: string; answers: boolean; version: string | null; tookMs: number };

/** What is known of the database; null where it could not be read. */
export type StoreOverview = {
  version: string;
  operations: OpenOperations[];
  reports: OpenReports[];
  sealing: SealingState;
};

/** One screen for operators. `trouble`: why the database could not be read. */
export type Overview = { mints: MintLine[]; store: StoreOverview | null; trouble: string | null };

/** Looks at mints and database once, judges nothing and writes nothing. */
export async function lookOver(parts: {
  open: () => Promise<ExaminationReads>;
  mints: Pick<MintDirectory, 'at' | 'urls'>;
}): Promise<Overview> {
  const [mints, stored] = await Promise.all([
    Promise.all(parts.mints.urls.map((url) => mintLine(parts.mints, url))),
    storeOverview(parts.open),
  ]);
  return { mints, ...stored };
}

async function mintLine(mints: Pick<MintDirectory, 'at'>, url: string): Promise<MintLine> {
  const startedMs = performance.now();
  const info = await mints.at(url).gateway.get('info');
  const tookMs = Math.round(performance.now() - startedMs);
  return info.kind === 'answer'
    ? { url, answers: true, version: asDetail(info.value['version']), tookMs }
    : { url, answers: false, version: null, tookMs };
}

async function storeOverview(
  open: () => Promise<ExaminationReads>,
): Promise<Pick<Overview, 'store' | 'trouble'>> {
  let reads: ExaminationReads | null = null;
  try {
    reads = await open();
    const store = {
      version: await reads.databaseVersion(),
      operations: await reads.openOperations(),
      reports: await reads.openReports(),
      sealing: await reads.sealing(),
    };
    return { store, trouble: null };
  } catch (error) {
    return { store: null, trouble: reasonOf(error) };
  } finally {
    await reads?.close();
  }
}

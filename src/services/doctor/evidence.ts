import type { OperationStory } from '../../models/operation.ts';
import type { ErrorReport } from '../../models/report.ts';
import type { ExaminationReads } from '../../repositories/examination.ts';
import { reasonOf } from './findings.ts';

/** What somebody who helps from afar needs to see of a store: no proofs, no invoices, no owner's words. */
export type Evidence = {
  reports: ErrorReport[];
  /** Those that the reports are about, and of each open kind and state the oldest. */
  operations: OperationStory[];
  /** Why there is none of it; null where there is. */
  trouble: string | null;
};

const mostReports = 100;

/** The latest reports, and the operations behind them. Writes nothing. */
export async function gatherEvidence(open: () => Promise<ExaminationReads>): Promise<Evidence> {
  let reads: ExaminationReads | null = null;
  try {
    reads = await open();
    const reports = await reads.latestReports(anyReport, mostReports);
    const oldest = (await reads.openOperations()).map(({ oldestId }) => oldestId);
    const named = reports.map(({ transactionId }) => transactionId).filter((id) => id !== null);
    const operations: OperationStory[] = [];
    for (const id of new Set([...named, ...oldest])) {
      const story = await reads.story(id);
      if (story !== null) operations.push(story);
    }
    return { reports, operations, trouble: null };
  } catch (error) {
    return { reports: [], operations: [], trouble: reasonOf(error) };
  } finally {
    await reads?.close();
  }
}

const anyReport = { severity: null, status: null, code: null, npub: null, since: null, after: null };

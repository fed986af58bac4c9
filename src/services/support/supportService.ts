import { DomainError, invariant } from '../../models/errors.ts';
import type { ErrorReport } from '../../models/report.ts';
import { redactText } from '../../redaction.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import type { ReportListRepository } from '../../repositories/reportList.ts';
import type { ReportResolutions } from '../../repositories/reportResolutions.ts';
import { createCursors } from '../cursor.ts';
import type { SupportService } from './contracts.ts';
import { plainWordsFor } from './plainWords.ts';
import { backendOf, viewOf } from './standing.ts';

const cursors = createCursors(/sup_[0-9a-f]{20}/);

/** What support reads: error reports with what they mean, and the operations behind them. */
export function createSupportService(parts: {
  reportList: ReportListRepository;
  resolutions: ReportResolutions;
  stories: OperationStories;
  now: () => Date;
}): Omit<SupportService, 'recheck' | 'decide'> {
  const { reportList, resolutions, stories, now } = parts;

  const list: SupportService['list'] = async ({ limit, cursor, since, ...by }) => {
    const place = cursor === undefined ? null : cursors.placeOf(cursor);
    const filter = {
      severity: by.severity ?? null,
      status: by.status ?? null,
      code: by.code ?? null,
      npub: by.npub ?? null,
      since: since ?? null,
      after: place === null ? null : { lastAt: place.at, id: place.id },
    };
    // One more than is shown tells whether there is more.
    const found = await reportList.latest(filter, limit + 1);
    const reports = found.slice(0, limit);
    const last = reports.at(-1);
    const hasMore = found.length > limit && last !== undefined;
    return {
      reports,
      limit,
      nextCursor: hasMore ? cursors.behind({ at: last.lastAt, id: last.supportId }) : null,
    };
  };

  /** By any of its supportIds. @throws DomainError REPORT_NOT_FOUND */
  async function find(supportId: string): Promise<ErrorReport> {
    const report = await reportList.find(supportId);
    if (report === null) throw noSuchReport();
    return report;
  }

  const get: SupportService['get'] = async (supportId) => {
    const report = await find(supportId);
    const story = report.transactionId === null ? null : await stories.story(report.transactionId);
    return {
      report,
      words: plainWordsFor(report.code),
      operation: story === null ? null : viewOf(story),
      backend: backendOf(report, story),
    };
  };

  const resolve: SupportService['resolve'] = async (asked, note, { keyId, label, requestId }) => {
    const { supportId, walletId, npub, transactionId, code } = await find(asked);
    // Somebody may paste a secret into it.
    const resolution = { at: now(), keyId, label, note: redactText(note) };
    const done = await resolutions.resolve(supportId, resolution, {
      walletId,
      npub,
      transactionId,
      event: 'report.resolved',
      details: { supportId, code, keyId, label, note: resolution.note, requestId },
      at: resolution.at,
    });
    const report = await find(supportId);
    const told = done ? resolution : report.resolutions.at(-1);
    invariant(told !== undefined, `${supportId}: resolved by nobody`);
    return { report, resolution: told, already: !done };
  };

  return { list, get, resolve };
}

function noSuchReport(): DomainError {
  return new DomainError(
    'REPORT_NOT_FOUND',
    'LOW',
    'There is no report with that supportId. Nothing was done; check the supportId. One that was told while the database was away is found as soon as it has been written.',
  );
}

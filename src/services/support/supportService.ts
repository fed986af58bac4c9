import { DomainError } from '../../models/errors.ts';
import type { OperationStory } from '../../models/operation.ts';
import type { OperationStories } from '../../repositories/operationStories.ts';
import type { ReportListRepository } from '../../repositories/reportList.ts';
import { createCursors } from '../cursor.ts';
import type { OperationView, SupportService } from './contracts.ts';
import { plainWordsFor } from './plainWords.ts';
import { meaningOf, whereMoneyIs } from './standing.ts';

const cursors = createCursors(/sup_[0-9a-f]{20}/);

/** What support reads: error reports with what they mean, and the operations behind them. */
export function createSupportService(parts: {
  reportList: ReportListRepository;
  stories: OperationStories;
}): SupportService {
  const { reportList, stories } = parts;

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

  const get: SupportService['get'] = async (supportId) => {
    const report = await reportList.find(supportId);
    if (report === null) throw noSuchReport();
    const story = report.transactionId === null ? null : await stories.story(report.transactionId);
    return {
      report,
      words: plainWordsFor(report.code),
      operation: story === null ? null : viewOf(story),
    };
  };

  return { list, get };
}

const viewOf = (story: OperationStory): OperationView => ({
  ...story,
  status: meaningOf(story),
  money: whereMoneyIs(story),
});

function noSuchReport(): DomainError {
  return new DomainError(
    'REPORT_NOT_FOUND',
    'LOW',
    'There is no report with that supportId. Nothing was done; check the supportId. One that was told while the database was away is found as soon as it has been written.',
  );
}

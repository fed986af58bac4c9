import { json, type OperationDoc } from './operationDoc.ts';
import { report, reports } from './supportAnswers.ts';

/** The part of `operationDocs` for people who have a customer on the line. */
export const supportOperations: Record<string, OperationDoc> = {
  'GET /api/support/reports': {
    id: 'reports',
    tag: 'Support',
    summary: 'Error reports, those that were met last first',
    description:
      'One for each incident, however often it was met. Go on with `nextCursor` and the same filters; a report that is met meanwhile moves to the top.',
    query: ['limit', 'cursor', 'severity', 'status.report', 'code', 'npub', 'since'],
    answers: { 200: json('One page', 'Reports', reports) },
    refusals: [],
  },
  'GET /api/support/reports/:supportId': {
    id: 'report',
    tag: 'Support',
    summary: 'What happened, what it means for the customer’s money, and what to do',
    description: 'Found by any supportId that was ever told for it.',
    answers: { 200: json('The report', 'Report', report) },
    refusals: ['REPORT_NOT_FOUND'],
  },
};

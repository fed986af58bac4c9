import { json, type OperationDoc } from './operationDoc.ts';
import { body } from './schema.ts';
import { decided, decision, rechecked, report, reports, resolved, seenState } from './supportAnswers.ts';
import { supportNote } from './values.ts';

/** The part of `operationDocs` for people who have a customer on the line. */
export const supportOperations: Record<string, OperationDoc> = {
  'GET /api/support/reports': {
    id: 'reports',
    tag: 'Support',
    summary: 'Error reports, those that were met last first',
    description:
      'One for each incident, however often it was met. Go on with `nextCursor` and the same filters; a report that is met meanwhile moves to the top.',
    query: ['limit', 'cursor.report', 'severity', 'status.report', 'code', 'npub', 'since'],
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
  'POST /api/support/reports/:supportId/resolve': {
    id: 'resolveReport',
    tag: 'Support',
    summary: 'Call a report dealt with',
    description:
      'Who, when and why are kept, also when the server closes it later by itself. If the incident is met again, it is open again.',
    body: { name: 'ResolveWish', schema: body({ note: supportNote }) },
    answers: { 200: json('What it is now', 'Resolved', resolved) },
    refusals: ['REPORT_NOT_FOUND'],
  },
  'POST /api/support/operations/:transactionId/recheck': {
    id: 'recheck',
    tag: 'Support',
    summary: 'Ask the mint now, and advance an operation as far as it goes',
    description: 'As the server does by itself, only sooner. It decides nothing that the server would not.',
    body: { name: 'Nothing', schema: body({}) },
    answers: { 200: json('How it stands now', 'Rechecked', rechecked) },
    refusals: ['TRANSACTION_NOT_FOUND'],
  },
  'POST /api/support/operations/:transactionId/decide': {
    id: 'decide',
    tag: 'Support',
    summary: 'Decide about an operation that the server does not end by itself',
    description:
      'For operations that wait for a person, or have been open for over an hour. `fence`: its ecash is taken back by a swap at the mint, and is the wallet’s again once that has succeeded; where the mint has paid with it after all, it is booked as paid. `write_off` (scope `admin`): it is given up, and what is proven to be the wallet’s becomes spendable; refused for what is the wallet’s by its mint.',
    body: { name: 'DecideWish', schema: body({ decision, note: supportNote }, { state: seenState }) },
    answers: { 200: json('What came of it', 'Decided', decided) },
    refusals: ['TRANSACTION_NOT_FOUND', 'DECISION_NOT_POSSIBLE'],
  },
};

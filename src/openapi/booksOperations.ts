import { lastRestore, proofsStatus, reconciliation, restored, restoring } from './booksAnswers.ts';
import { mintTrouble, type OperationDoc, wallet } from './operationDoc.ts';
import { body, flag } from './schema.ts';

/** The part of `operationDocs` about what the books of a wallet say, and how they are put right. */
export const booksOperations: Record<string, OperationDoc> = {
  [`POST ${wallet}/proofs/status`]: {
    id: 'proofsStatus',
    tag: 'Books',
    summary: 'Compare all proofs of a wallet with its mint',
    description: 'Changes nothing. A difference counts if both say so when they are asked again.',
    body: { name: 'Nothing', schema: body({}) },
    answers: {
      200: {
        description: 'What the mint says, and what differs',
        content: { name: 'ProofsStatus', schema: proofsStatus },
      },
    },
    refusals: ['WALLET_NOT_FOUND', ...mintTrouble],
  },
  [`POST ${wallet}/reconcile`]: {
    id: 'reconcile',
    tag: 'Books',
    summary: 'Compare them, and mark what the mint calls spent',
    description:
      'What pre-flight would put right before a payment, and no more. `dryRun`: lists that, and changes nothing.',
    body: {
      name: 'ReconcileWish',
      schema: body({}, { dryRun: flag('Whether to list only what would be done', true) }),
    },
    answers: {
      200: {
        description: 'What differed, and what was done about it',
        content: { name: 'Reconciliation', schema: reconciliation },
      },
    },
    refusals: ['WALLET_NOT_FOUND', 'MELT_BLOCKED_BY_RECONCILIATION', ...mintTrouble],
  },
  [`POST ${wallet}/restore`]: {
    id: 'restore',
    tag: 'Books',
    summary: 'Look for all ecash of a wallet by its seed',
    description:
      'New melts and mintings are refused meanwhile. Whoever asks while it is under way is told of the same one.',
    body: { name: 'Nothing', schema: body({}) },
    takes: ['Prefer'],
    answers: {
      200: {
        description: 'All that can be found now has been found',
        content: { name: 'Restored', schema: restored },
      },
      202: {
        description: 'Not through yet; the server goes on by itself',
        content: { name: 'Restoring', schema: restoring },
        headers: ['Location', 'Preference-Applied'],
      },
    },
    refusals: ['WALLET_NOT_FOUND', ...mintTrouble],
  },
  [`GET ${wallet}/restore`]: {
    id: 'restoreStatus',
    tag: 'Books',
    summary: 'The restore that is under way, or the last',
    answers: { 200: { description: 'How it stands', content: { name: 'LastRestore', schema: lastRestore } } },
    refusals: ['WALLET_NOT_FOUND'],
  },
};

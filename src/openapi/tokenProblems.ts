import type { ErrorCode } from '../models/errors.ts';
import type { ProblemDoc } from './problems.ts';
import { object, oneOf, only } from './schema.ts';
import { amount, statusUrl, transactionId } from './values.ts';

type TokenErrorCode = Extract<
  ErrorCode,
  | `TOKEN_${string}`
  | 'SEND_FAILED'
  | 'RECLAIM_FAILED'
  | 'RECEIVE_FAILED'
  | 'CRITICAL_SEND_FAILURE'
  | 'CRITICAL_RECEIVE_FAILURE'
>;

const low = { severities: ['LOW'] } as const;
const medium = { severities: ['MEDIUM'] } as const;
const critical = { severities: ['CRITICAL'] } as const;
const asItWas = 'Nothing was done, and the token is as it was; ask its sender for another one.';

const swapCauses = [
  'MINT_REFUSED',
  'KEYSET_RETIRED',
  'AMOUNT_OUT_OF_RANGE',
  'NOT_STARTED',
  'NOT_WORTH_ITS_FEE',
  'STORE_BEHIND_MINT',
];
const cause = oneOf('Why', swapCauses);
const stopped = {
  requiresManualIntervention: only(true),
  transactionId,
  recovery: object({ state: only('manual'), statusUrl }),
};

/** The codes that tokens of ecash bring with them. */
export const tokenProblemDocs: Record<TokenErrorCode, ProblemDoc> = {
  TOKEN_INVALID: {
    ...low,
    when: 'The token is none, is of another mint or unit, has signatures that are not its mint’s, or is not worth its fee',
    detail: `The token cannot be received: it is of another mint than this wallet. ${asItWas}`,
  },
  TOKEN_SPENT: {
    ...low,
    when: 'All of the token is spent',
    detail: 'The token has been spent already. Nothing was received; ask its sender for another one.',
    always: { spentAmount: amount('All of it', 64) },
  },
  TOKEN_PARTLY_SPENT: {
    ...low,
    when: 'Some of the token is spent; nothing of the rest was taken',
    detail: 'Of the token’s 64 sat, 32 have been spent already. Nothing was received.',
    always: { spentAmount: amount('Spent', 32), unspentAmount: amount('Not spent', 32) },
  },
  TOKEN_PENDING: {
    ...low,
    when: 'The mint holds some of the token in a payment',
    detail:
      'The mint holds some of the token in a payment that is under way. Nothing was done; try again later.',
  },
  TOKEN_LOCKED: {
    ...low,
    when: 'The token is locked to a key that is not this wallet’s, or not yet (NUT-11)',
    detail: `The token is locked to a key that this wallet does not have. ${asItWas}`,
  },
  TOKEN_ALREADY_HELD: {
    ...low,
    when: 'The wallet holds this ecash already',
    detail: 'The wallet holds this ecash, or some of it, already. Nothing was done; look at its balance.',
  },
  TOKEN_CLAIMED: {
    ...low,
    when: 'Its recipient has claimed all of the token',
    detail:
      'Its recipient has claimed this token: nothing of it can be reclaimed. Nothing was done; look at the transaction.',
    always: { transactionId, claimedAmount: amount('What they have', 64) },
  },
  SEND_FAILED: {
    ...medium,
    when: 'No token was made, and none will be',
    detail: 'No token was made, and none will be. The 64 sat set aside for it are free again.',
    always: { transactionId, released: amount('What is free again', 64), cause },
  },
  RECLAIM_FAILED: {
    ...low,
    when: 'The mint did not take the token back, or it is not worth the fee of that; it is still out',
    detail:
      'The mint does not take the token back just now. Nothing moved: the token is out, and still good.',
    always: { transactionId, cause },
  },
  RECEIVE_FAILED: {
    ...medium,
    when: 'The mint did not exchange the token',
    detail: 'The mint did not exchange the token. Nothing was received, and the token is as it was.',
    always: { transactionId, cause },
  },
  CRITICAL_SEND_FAILURE: {
    ...critical,
    when: 'A send or reclaim was stopped by a safety check; a person decides',
    detail: 'CRITICAL: The ecash of this token was stopped by a safety check. Contact support.',
    always: stopped,
  },
  CRITICAL_RECEIVE_FAILURE: {
    ...critical,
    when: 'A receive was stopped by a safety check; a person decides',
    detail: 'CRITICAL: Receiving this token was stopped by a safety check. Contact support.',
    always: stopped,
  },
};

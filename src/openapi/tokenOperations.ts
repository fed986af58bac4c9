import { json, mintTrouble, notes, type OperationDoc, ofKeys, underway, wallet } from './operationDoc.ts';
import { body } from './schema.ts';
import { stillUnderWay as pending, received, reclaimed, sendStatus, sent } from './tokenAnswers.ts';
import { amount, locktime, recipientPubkey, wishedToken } from './values.ts';

const stillUnderWay = {
  ...json('Not known yet; the server brings it to an end', 'TokenPending', pending),
  headers: ['Location', 'Preference-Applied'] as const,
};

/** The routes by which ecash is given away, taken back and taken in. */
export const tokenOperationDocs: Record<string, OperationDoc> = {
  [`POST ${wallet}/send`]: {
    id: 'send',
    tag: 'Tokens',
    summary: 'Make a token of exactly this amount',
    description:
      'Locked to `recipientPubkey` where one is given (NUT-11); from `locktime` on, `refundPubkey`, or else this wallet, may take it back. Whoever has a token that is not locked may spend it.',
    body: {
      name: 'SendWish',
      schema: body(
        { amount: amount('What the token shall be worth', 64, 1) },
        { recipientPubkey, refundPubkey: recipientPubkey, locktime, ...notes },
      ),
    },
    takes: ['Idempotency-Key', 'Prefer'],
    answers: { 200: json('The token', 'Sent', sent), 202: stillUnderWay },
    refusals: [
      'WALLET_NOT_FOUND',
      'INSUFFICIENT_BALANCE',
      'PROOF_STATE_INCONSISTENCY',
      'BUDGET_EXCEEDED',
      ...underway,
      ...ofKeys,
      'SEND_FAILED',
      'CRITICAL_SEND_FAILURE',
      ...mintTrouble,
    ],
  },
  [`GET ${wallet}/send/:transactionId`]: {
    id: 'sendStatus',
    tag: 'Tokens',
    summary: 'What has become of a token, and the token while it may still be claimed',
    description:
      'A token is money, so this takes `wallet:melt`; a key with a budget sees only what it has sent itself.',
    answers: { 200: json('Its present state', 'SendStatus', sendStatus) },
    refusals: ['WALLET_NOT_FOUND', 'TRANSACTION_NOT_FOUND'],
  },
  [`POST ${wallet}/send/:transactionId/reclaim`]: {
    id: 'reclaim',
    tag: 'Tokens',
    summary: 'Take back what nobody has claimed of a token',
    body: { name: 'Nothing', schema: body({}), isOptional: true },
    takes: ['Idempotency-Key', 'Prefer'],
    answers: { 200: json('It is back', 'Reclaimed', reclaimed), 202: stillUnderWay },
    refusals: [
      'WALLET_NOT_FOUND',
      'TRANSACTION_NOT_FOUND',
      'TOKEN_CLAIMED',
      'TOKEN_LOCKED',
      'TOKEN_PENDING',
      ...underway,
      ...ofKeys,
      'SEND_FAILED',
      'RECLAIM_FAILED',
      'CRITICAL_SEND_FAILURE',
      ...mintTrouble,
    ],
  },
  [`POST ${wallet}/receive`]: {
    id: 'receive',
    tag: 'Tokens',
    summary: 'Exchange a token for ecash that this wallet alone knows',
    description:
      'Of the wallet’s own mint and unit, in version 3 or 4. Locked tokens are taken where they are locked to the wallet’s `tokenPubkey`. The same token again tells the same outcome.',
    body: { name: 'ReceiveWish', schema: body({ encodedToken: wishedToken }, notes) },
    takes: ['Idempotency-Key', 'Prefer'],
    answers: { 200: json('Credited', 'Received', received), 202: stillUnderWay },
    refusals: [
      'WALLET_NOT_FOUND',
      'TOKEN_INVALID',
      'TOKEN_SPENT',
      'TOKEN_PARTLY_SPENT',
      'TOKEN_PENDING',
      'TOKEN_LOCKED',
      'TOKEN_ALREADY_HELD',
      ...underway,
      ...ofKeys,
      'RECEIVE_FAILED',
      'CRITICAL_RECEIVE_FAILURE',
      ...mintTrouble,
    ],
  },
};

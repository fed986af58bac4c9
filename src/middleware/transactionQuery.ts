import type { Request } from 'express';
import Joi from 'joi';
import { transactionStatuses, transactionTypes } from '../models/transaction.ts';
import type { TransactionQuery } from '../services/contracts.ts';
import { checked, externalId } from './validate.ts';

type Sent = Partial<Record<'limit' | 'cursor', string>> &
  Partial<Pick<TransactionQuery, 'type' | 'status' | 'externalId'>>;

const mostPerPage = 100;
export const usualPerPage = 50;
export const longestCursor = 200;

export const pageLimit = Joi.string().custom((text: string, helpers) =>
  /^[1-9]\d{0,2}$/.test(text) && Number(text) <= mostPerPage ? text : helpers.error('page'),
);

const query = Joi.object<Sent>({
  limit: pageLimit,
  cursor: Joi.string().max(longestCursor),
  type: Joi.string().valid(...transactionTypes),
  status: Joi.string().valid(...transactionStatuses),
  externalId,
});

/**
 * What part of a wallet's history is asked for. A filter that is misspelt would be one that is left out, so nothing unknown
 * is taken. @throws DomainError VALIDATION_ERROR
 */
export function readTransactionQuery({ query: sent }: Pick<Request, 'query'>): TransactionQuery {
  // Which wallet is meant was read before.
  const { walletId: _, ...others } = sent;
  const { limit: perPage, cursor, type, status, externalId: named } = checked(query, others);
  return {
    limit: perPage === undefined ? usualPerPage : Number(perPage),
    cursor,
    type,
    status,
    externalId: named,
  };
}

import type { RequestHandler } from 'express';
import { walletNameOf } from '../middleware/requestContext.ts';
import { readTransactionQuery } from '../middleware/transactionQuery.ts';
import { readTransactionId } from '../middleware/validate.ts';
import type { TransactionService } from '../services/contracts.ts';
import { presentTransaction, presentTransactions } from './presentTransaction.ts';

/** Handlers that tell a wallet's history. */
export function transactionController(transactions: TransactionService) {
  const list: RequestHandler = async (req, res) => {
    res.json(presentTransactions(await transactions.list(walletNameOf(req), readTransactionQuery(req))));
  };

  const get: RequestHandler = async (req, res) => {
    res.json(presentTransaction(await transactions.get(walletNameOf(req), readTransactionId(req))));
  };

  return { list, get };
}

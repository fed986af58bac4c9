import type { RequestHandler } from 'express';
import { budgetOf } from '../middleware/authenticate.ts';
import { readIdempotencyKey } from '../middleware/idempotencyKey.ts';
import { prefersAsync } from '../middleware/prefer.ts';
import { contextOf, walletNameOf } from '../middleware/requestContext.ts';
import { bodies, notesIn, readBody, readTransactionId } from '../middleware/validate.ts';
import type { AmountWish, MeltService } from '../services/contracts.ts';
import { presentMelt, presentMeltQuote, presentMeltStatus, statusUrlOf } from './presentMelt.ts';

/** Handlers that pay Lightning invoices from ecash. */
export function meltController(melts: MeltService) {
  const quote: RequestHandler = async (req, res) => {
    const { invoice, amount } = readBody(bodies.meltQuote, req);
    res.json(presentMeltQuote(await melts.quote(walletNameOf(req), invoice, wishIn(amount))));
  };

  const melt: RequestHandler = async (req, res) => {
    const request = readBody(bodies.melt, req);
    const respondAsync = prefersAsync(req.get('prefer'));
    const { requestId, stillAllowed } = contextOf(req);
    const { operation, replayed } = await melts.melt({
      wallet: walletNameOf(req),
      invoice: request.invoice,
      amount: wishIn(request.amount),
      maxFee: request.maxFee === undefined ? undefined : BigInt(request.maxFee),
      maxTotal: request.maxTotal === undefined ? undefined : BigInt(request.maxTotal),
      ...notesIn(request),
      respondAsync,
      idempotency: readIdempotencyKey(req, 'melt', request),
      budget: budgetOf(req),
      stillAllowed,
      requestId,
    });
    const { status, body } = presentMelt(operation, new Date());
    if (replayed) res.set('Idempotency-Replayed', 'true');
    if (status === 202) res.set('Location', statusUrlOf(operation));
    if (status === 202 && respondAsync) res.set('Preference-Applied', 'respond-async');
    res.status(status).json(body);
  };

  const status: RequestHandler = async (req, res) => {
    const transactionId = readTransactionId(req);
    res.json(presentMeltStatus(await melts.status(walletNameOf(req), transactionId), new Date()));
  };

  return { quote, melt, status };
}

const wishIn = (amount: number | 'max' | undefined): AmountWish =>
  typeof amount === 'number' ? BigInt(amount) : amount;

import type { RequestHandler } from 'express';
import { readIdempotencyKey } from '../middleware/idempotencyKey.ts';
import { contextOf, walletNameOf } from '../middleware/requestContext.ts';
import { bodies, notesIn, readBody } from '../middleware/validate.ts';
import type { MintingService } from '../services/contracts.ts';
import { presentMinting, presentMintQuote } from './presentMinting.ts';

/** Handlers that bring ecash in for a Lightning payment. */
export function mintingController(mintings: MintingService) {
  const request: RequestHandler = async (req, res) => {
    const body = readBody(bodies.mint, req);
    const { operation, replayed } = await mintings.request({
      wallet: walletNameOf(req),
      amount: BigInt(body.amount),
      ...notesIn(body),
      idempotency: readIdempotencyKey(req, 'mint', body),
      requestId: contextOf(req).requestId,
    });
    if (replayed) res.set('Idempotency-Replayed', 'true');
    res.status(201).json(presentMintQuote(operation));
  };

  const complete: RequestHandler = async (req, res) => {
    const { quoteId } = readBody(bodies.mintComplete, req);
    const { status, body } = presentMinting(await mintings.complete(walletNameOf(req), quoteId));
    if ('statusUrl' in body) res.set('Location', body.statusUrl);
    res.status(status).json(body);
  };

  return { request, complete };
}

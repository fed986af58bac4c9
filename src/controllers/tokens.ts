import type { RequestHandler, Response } from 'express';
import { budgetOf } from '../middleware/authenticate.ts';
import { readIdempotencyKey } from '../middleware/idempotencyKey.ts';
import { prefersAsync } from '../middleware/prefer.ts';
import { contextOf, walletNameOf } from '../middleware/requestContext.ts';
import { bodies, notesIn, readBody, readTransactionId, type SendBody } from '../middleware/validate.ts';
import { validationError } from '../models/errors.ts';
import type { Lock } from '../models/exchange.ts';
import type { Outcome } from '../services/contracts.ts';
import { readPubkey } from '../services/ecash/locks.ts';
import type { ReceiveService, SendService } from '../services/exchange/contracts.ts';
import { presentReceive, presentReclaim, presentSend, presentSendStatus } from './presentTokens.ts';

/** Handlers that give ecash away as a token, take such a token back, and take in those of others. */
export function tokenController(sends: SendService, receives: ReceiveService) {
  const send: RequestHandler = async (req, res) => {
    const body = readBody(bodies.send, req);
    const respondAsync = prefersAsync(req.get('prefer'));
    const { requestId, stillAllowed } = contextOf(req);
    const outcome = await sends.send({
      wallet: walletNameOf(req),
      amount: BigInt(body.amount),
      lock: lockIn(body),
      ...notesIn(body),
      respondAsync,
      idempotency: readIdempotencyKey(req, 'send', body),
      budget: budgetOf(req),
      stillAllowed,
      requestId,
    });
    answer(res, outcome, presentSend(outcome.operation), respondAsync);
  };

  const status: RequestHandler = async (req, res) => {
    const transactionId = readTransactionId(req);
    res.json(presentSendStatus(await sends.status(walletNameOf(req), transactionId, budgetOf(req))));
  };

  const reclaim: RequestHandler = async (req, res) => {
    if (req.body !== undefined) readBody(bodies.nothing, req);
    const transactionId = readTransactionId(req);
    const respondAsync = prefersAsync(req.get('prefer'));
    const outcome = await sends.reclaim({
      wallet: walletNameOf(req),
      transactionId,
      respondAsync,
      idempotency: readIdempotencyKey(req, 'reclaim', { transactionId }),
      budget: budgetOf(req),
      requestId: contextOf(req).requestId,
    });
    answer(res, outcome, presentReclaim(outcome.operation), respondAsync);
  };

  const receive: RequestHandler = async (req, res) => {
    const body = readBody(bodies.receive, req);
    const respondAsync = prefersAsync(req.get('prefer'));
    const outcome = await receives.receive({
      wallet: walletNameOf(req),
      encodedToken: body.encodedToken,
      ...notesIn(body),
      respondAsync,
      idempotency: readIdempotencyKey(req, 'receive', body),
      requestId: contextOf(req).requestId,
    });
    answer(res, outcome, presentReceive(outcome.operation), respondAsync);
  };

  return { send, status, reclaim, receive };
}

function answer(
  res: Response,
  { replayed }: Pick<Outcome<unknown>, 'replayed'>,
  { status, body }: { status: number; body: { success: boolean; statusUrl?: string } },
  respondAsync: boolean,
): void {
  if (replayed) res.set('Idempotency-Replayed', 'true');
  if (body.statusUrl !== undefined) res.set('Location', body.statusUrl);
  if (status === 202 && respondAsync) res.set('Preference-Applied', 'respond-async');
  res.status(status).json(body);
}

/** @throws DomainError VALIDATION_ERROR */
function lockIn({ recipientPubkey, refundPubkey, locktime }: SendBody): Lock | null {
  if (recipientPubkey === undefined) {
    if (refundPubkey === undefined && locktime === undefined) return null;
    throw validationError([{ field: 'recipientPubkey', message: 'is required where there is a lock' }]);
  }
  if (refundPubkey !== undefined && locktime === undefined)
    throw validationError([{ field: 'locktime', message: 'is required where there is a refundPubkey' }]);
  return {
    pubkey: keyIn('recipientPubkey', recipientPubkey),
    refundPubkey: refundPubkey === undefined ? null : keyIn('refundPubkey', refundPubkey),
    locktime: locktime === undefined ? null : new Date(locktime * 1_000),
  };
}

function keyIn(field: string, text: string): string {
  const key = readPubkey(text);
  if (key !== null) return key;
  const message = 'must be a public key: 33 bytes in hex, 32 bytes in hex as Nostr has them, or an npub';
  throw validationError([{ field, message }]);
}

import { DomainError, validationError } from '../../models/errors.ts';
import type { Lock, SendOperation } from '../../models/exchange.ts';
import { isFinished, type Operation } from '../../models/operation.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { SendRepository } from '../../repositories/sends.ts';
import { within } from '../../timing.ts';
import type { Outcome, WalletService } from '../contracts.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { idempotencyConflict, idempotencyKeyReused } from '../melt/refusals.ts';
import type { Answering } from '../operations/answering.ts';
import type { Handler } from '../operations/driver.ts';
import { earlierOperation } from '../operations/earlier.ts';
import type { Detection } from '../restore/detection.ts';
import type { SendRequest, SendService } from './contracts.ts';
import { isUntouched } from './ownSwap.ts';
import { exchangeStopped, neverMade, sendFailed, sendNotFound, tooManyUnderWay } from './refusals.ts';
import type { SendReserving } from './sendReserving.ts';

/** `answerBy`: when its client is answered at the latest, counted from the arrival of the request. */
export type TimedSend = SendRequest & { answerBy: Date };

/** The front of a send: what a request may do and what it is answered. The handler does the rest. */
export function createSendService(parts: {
  wallets: Pick<WalletService, 'get' | 'holding'>;
  operations: OperationRepository;
  sends: Pick<SendRepository, 'openCount' | 'cancel'>;
  seeds: Pick<Seeds, 'tokenKey'>;
  reserving: SendReserving;
  detection: Pick<Detection, 'demandCurrent'>;
  answering: Answering;
  handler: Handler<SendOperation>;
  openSendsPerWallet: number;
  answerWithinMs: number;
  now: () => Date;
}): Pick<SendService, 'send' | 'status'> {
  const { wallets, operations, sends, seeds, reserving, detection, answering, handler, answerWithinMs, now } =
    parts;

  const send: SendService['send'] = async (request) => {
    const timed = { ...request, answerBy: new Date(now().getTime() + answerWithinMs) };
    const wallet = await wallets.get(request.wallet);
    const earlier = await earlierOutcome(wallet, request);
    if (earlier !== null) return earlier;
    demandUnlockable(request);
    await detection.demandCurrent(wallet, request.requestId);
    await demandPlace(wallet);
    const lock = await withWayBack(wallet, request);
    const operation = await reserving
      .reserve(wallet, { ...timed, lock })
      .catch((error: unknown) => overtaken(wallet, request, error));
    if ('overtakenBy' in operation) return operation.overtakenBy;
    const waiting = { ...timed, untilMs: operation.createdAt.getTime() + answerWithinMs };
    const { known, error } = await answering.carry(operation, handler, waiting);
    if (error !== null && isUntouched(known)) await callOff(known, timed.answerBy, error);
    return { operation: answerable(known, false), replayed: false };
  };

  /**
   * How far a run came that broke off is not known from what it last said: its request may have left since. Only what can be
   * called off was never sent; whatever else it is, the worker finishes. @throws DomainError where it was called off
   */
  async function callOff(known: SendOperation, answerBy: Date, cause: unknown): Promise<void> {
    const restMs = Math.max(0, answerBy.getTime() - now().getTime());
    const cancelled = sends.cancel(known).catch(() => null);
    const operation = await within(restMs, cancelled, () => null);
    if (operation !== null) throw neverMade(operation, cause);
  }

  const status: SendService['status'] = async (name, transactionId, budget) => {
    const wallet = await wallets.holding(name, { transactionId });
    const operation = await operations.ofWallet(wallet.id, transactionId);
    if (operation?.kind !== 'send' || !maySee(operation, budget)) throw sendNotFound();
    return operation;
  };

  /** What an earlier request under the same key has come to. Null where there was none. */
  async function earlierOutcome(
    wallet: Wallet,
    request: SendRequest,
  ): Promise<Outcome<SendOperation> | null> {
    const operation = await earlierOperation(operations, wallet, request.idempotency);
    if (operation?.kind !== 'send') return null;
    if (!maySee(operation, request.budget)) throw idempotencyKeyReused();
    if (isAwaited(operation, now())) throw idempotencyConflict();
    return { operation: answerable(operation, true), replayed: true };
  }

  /** A refusal may come of our own first request, which has reserved between our look and our try: its outcome is the answer. */
  async function overtaken(
    wallet: Wallet,
    request: SendRequest,
    refusal: unknown,
  ): Promise<{ overtakenBy: Outcome<SendOperation> }> {
    if (!(refusal instanceof DomainError) || refusal.code === 'DATABASE_UNAVAILABLE') throw refusal;
    const earlier = await earlierOutcome(wallet, request);
    if (earlier === null) throw refusal;
    return { overtakenBy: earlier };
  }

  async function demandPlace({ id }: Wallet): Promise<void> {
    const most = parts.openSendsPerWallet;
    if ((await sends.openCount(id, most)) >= most) throw tooManyUnderWay(most, 'tokens out');
  }

  /** What can be reclaimed after a time, and names nobody for it, comes back to this wallet. */
  async function withWayBack({ id }: Wallet, { lock }: SendRequest): Promise<Lock | null> {
    if (lock === null || lock.locktime === null || lock.refundPubkey !== null) return lock;
    return { ...lock, refundPubkey: (await seeds.tokenKey(id)).publicKey };
  }

  function demandUnlockable({ lock }: SendRequest): void {
    if (lock?.locktime == null || lock.locktime > now()) return;
    throw validationError([{ field: 'locktime', message: 'must be in the future' }]);
  }

  return { send, status };
}

/** A key with a budget spends that budget alone, and a token is money: it sees none but its own. */
export function maySee({ budget }: SendOperation, of: SendRequest['budget']): boolean {
  return of === null || budget?.keyId === of.keyId;
}

/** Its first request still waits to answer its client. */
export function isAwaited(
  { answerBy, state }: { answerBy: Date | null; state: Operation['state'] },
  at: Date,
): boolean {
  return answerBy !== null && answerBy > at && !isFinished(state) && state !== 'sent';
}

/** A send that may be shown as an answer. @throws DomainError for those that made no token */
function answerable(operation: SendOperation, replayed: boolean): SendOperation {
  switch (operation.state) {
    case 'released':
    case 'cancelled':
      throw sendFailed(operation, replayed);
    case 'needs_attention':
    case 'written_off':
      throw exchangeStopped(operation, replayed);
    case 'swapping':
    case 'sent':
    case 'reclaiming':
    case 'claimed':
    case 'reclaimed':
    case 'partly_claimed':
      return operation;
  }
}

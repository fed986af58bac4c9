import type { Network } from '../../config.ts';
import { DomainError } from '../../models/errors.ts';
import { isFinished, type MeltOperation } from '../../models/operation.ts';
import type { Wallet, WalletName } from '../../models/wallet.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type {
  AmountWish,
  MeltQuoteView,
  MeltRequest,
  MeltService,
  Outcome,
  WalletService,
} from '../contracts.ts';
import type { Timed } from '../metrics/contracts.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { readMelt } from '../mint/replies.ts';
import type { Answering, OnLastCall } from '../operations/answering.ts';
import type { Handler } from '../operations/driver.ts';
import { earlierOperation } from '../operations/earlier.ts';
import type { Detection } from '../restore/detection.ts';
import { costOf } from './choosing.ts';
import { ReplyNotStored } from './courier.ts';
import type { TimedRequest } from './drafting.ts';
import { demandMaxTotal } from './feeLimit.ts';
import { readInvoice } from './invoice.ts';
import type { Preparation } from './preparation.ts';
import {
  duplicatePayment,
  idempotencyConflict,
  neverSent,
  paidNotBooked,
  paymentFailed,
  stopped,
} from './refusals.ts';
import { type Begun, createReserving } from './reserving.ts';
import { createWishedQuotes } from './wishedQuote.ts';

/** The front of the melt: what a request may do and what it is answered. The saga does the rest. */
export function createMeltService(parts: {
  wallets: WalletService;
  operations: OperationRepository;
  mints: MintDirectory;
  preparation: Preparation;
  detection: Pick<Detection, 'demandCurrent'>;
  answering: Answering;
  handler: Handler<MeltOperation>;
  network: Network;
  answerWithinMs: number;
  onLastCall: OnLastCall;
  timed: Timed;
  now: () => Date;
}): MeltService {
  const {
    wallets,
    operations,
    mints,
    preparation,
    detection,
    answering,
    handler,
    network,
    answerWithinMs,
    timed,
    now,
  } = parts;
  const reserving = createReserving(parts);
  const wishedQuote = createWishedQuotes(parts);
  const quoteFor: typeof wishedQuote = (...asked) => timed('quote', () => wishedQuote(...asked));

  async function quote(name: WalletName, invoiceText: string, wish: AmountWish): Promise<MeltQuoteView> {
    const wallet = await wallets.get(name);
    const invoice = readInvoice(invoiceText, network, now());
    const quoted = await quoteFor(wallet, invoice, wish);
    const selection = await preparation.estimate(wallet, quoted, wish);
    const total =
      selection.kind === 'insufficient' ? selection.required : quoted.amount + costOf(selection, quoted);
    const { id: quoteId, amount, feeReserve, expiry } = quoted;
    return { quoteId, amount, feeReserve, inputFee: total - amount - feeReserve, total, expiry };
  }

  async function melt(request: MeltRequest): Promise<Outcome<MeltOperation>> {
    const timed = { ...request, answerBy: new Date(now().getTime() + answerWithinMs) };
    const wallet = await wallets.get(request.wallet);
    const earlier = await earlierOutcome(wallet, request);
    if (earlier !== null) return { operation: answerable(earlier, { replayed: true }), replayed: true };
    const begun = await begin(wallet, timed).catch((error: unknown) => overtaken(wallet, request, error));
    if ('overtakenBy' in begun)
      return { operation: answerable(begun.overtakenBy, { replayed: true }), replayed: true };
    const operation = await carryThrough(begun, timed);
    return { operation: answerable(operation, { replayed: false }), replayed: false };
  }

  /**
   * A refusal may come of our own first request: under the same key, it has reserved between our look and our try, and
   * then the invoice is taken or the balance gone. What it has come to is the answer then.
   */
  async function overtaken(
    wallet: Wallet,
    request: MeltRequest,
    refusal: unknown,
  ): Promise<{ overtakenBy: MeltOperation }> {
    if (!(refusal instanceof DomainError) || refusal.code === 'DATABASE_UNAVAILABLE') throw refusal;
    const earlier = await earlierOutcome(wallet, request);
    if (earlier === null) throw refusal;
    return { overtakenBy: earlier };
  }

  async function status(name: WalletName, transactionId: string): Promise<MeltOperation> {
    const wallet = await wallets.holding(name, { transactionId });
    const operation = await operations.ofWallet(wallet.id, transactionId);
    if (operation?.kind === 'melt') return operation;
    throw new DomainError(
      'TRANSACTION_NOT_FOUND',
      'LOW',
      'This wallet has no melt with that id. Nothing was done; check the transactionId.',
    );
  }

  /** What an earlier request under the same key has come to. Null where there was none. */
  async function earlierOutcome(wallet: Wallet, { idempotency }: MeltRequest): Promise<MeltOperation | null> {
    const operation = await earlierOperation(operations, wallet, idempotency);
    if (operation?.kind !== 'melt') return null;
    const firstStillWaits =
      operation.answerBy !== null &&
      operation.answerBy > now() &&
      !isFinished(operation.state) &&
      operation.state !== 'paid';
    if (firstStillWaits) throw idempotencyConflict();
    return operation;
  }

  /** Validation, quote, fee cap, selection, pre-flight, transaction A. */
  async function begin(wallet: Wallet, request: TimedRequest): Promise<Begun> {
    const invoice = readInvoice(request.invoice, network, now());
    demandMaxTotal(wallet, request);
    const paying = await operations.claiming(wallet.id, invoice.paymentHash);
    if (paying !== null) throw duplicatePayment(paying);
    await detection.demandCurrent(wallet, request.requestId);
    const ask = () => {
      const asking = mints.at(wallet.mintUrl).payments.enter();
      return quoteFor(wallet, invoice, request.amount).finally(asking.leave);
    };
    const [quote, early] = await Promise.all([
      ask(),
      // Who has to wait looks when it is its turn.
      reserving.isBusy(wallet.id) ? null : preparation.lookEarly(wallet),
    ]);
    return reserving.reserve(wallet, invoice, quote, early, request, ask);
  }

  /** Runs the saga; answers when it ends or when the client has waited long enough, whichever is first. */
  async function carryThrough({ operation, place }: Begun, request: TimedRequest): Promise<MeltOperation> {
    const paid = Promise.withResolvers<void>();
    const { known, error } = await answering.carry(operation, handler, {
      respondAsync: request.respondAsync,
      answerBy: request.answerBy,
      untilMs: operation.createdAt.getTime() + answerWithinMs,
      seen: ({ state }) => {
        if (state === 'paid') setTimeout(paid.resolve, lateChangeGraceMs).unref();
      },
      enough: paid.promise,
      ended: place.leave,
    });
    return error === null ? known : outcomeAfter(error, known);
  }

  /** What the client can be told truthfully after the run broke off. The worker finishes the operation. */
  function outcomeAfter(error: unknown, known: MeltOperation): MeltOperation {
    const paid =
      known.payment !== null || (error instanceof ReplyNotStored && error.paid) || replyInHandSaysPaid(known);
    if (paid) throw paidNotBooked(known, error);
    const meltSent = known.attempts.some(({ purpose, posts }) => purpose === 'melt' && posts > 0);
    // Before the first melt request nothing can have been paid, and only this run could have sent it.
    if (!meltSent && !(error instanceof ReplyNotStored)) throw neverSent(known, error);
    return known;
  }

  return { quote, melt, status };
}

/** Paid is told at once; change that is only a moment late is still waited for. */
const lateChangeGraceMs = 1_000;

function replyInHandSaysPaid(operation: MeltOperation): boolean {
  return operation.attempts.some(
    ({ purpose, reply }) => purpose === 'melt' && reply !== null && readMelt(reply).kind === 'paid',
  );
}

/** An operation that may be shown as an answer. @throws DomainError for those that ended without paying */
function answerable(operation: MeltOperation, as: { replayed: boolean }): MeltOperation {
  switch (operation.state) {
    case 'released':
    case 'cancelled':
      throw paymentFailed(operation, as);
    case 'needs_attention':
    case 'written_off':
      throw stopped(operation, as);
    case 'prepared':
    case 'swapping':
    case 'swapped':
    case 'melting':
    case 'pending':
    case 'releasing':
    case 'paid':
    case 'settled':
      return operation;
  }
}

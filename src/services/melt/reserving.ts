import { DomainError } from '../../models/errors.ts';
import type { MeltOperation, MeltQuote } from '../../models/operation.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { pause, timer } from '../../timing.ts';
import type { Place } from '../mint/lane.ts';
import type { Mint } from '../mint/mints.ts';
import type { OnLastCall } from '../operations/answering.ts';
import type { TimedRequest } from './drafting.ts';
import type { Invoice } from './invoice.ts';
import type { Preparation } from './preparation.ts';
import { livesOn } from './quoting.ts';
import { concurrentOperation, duplicatePayment } from './refusals.ts';
import type { Early } from './selecting.ts';
import { createTurns, type Line } from './turns.ts';

/** What a request has reserved, and its place among the payments under way at the mint. */
export type Begun = { operation: MeltOperation; place: Place };

export type Reserving = {
  /** Whether who comes now would have to wait for others of this wallet. */
  isBusy(walletId: string): boolean;
  /**
   * Reserves for one payment, after those of the same wallet that came earlier. Ecash that other payments hold is waited
   * for while they go on ending: until half of the time that the client waits is over, and no longer than a tenth of it
   * without a change. Who does not want to wait at all is refused then, and after a sixth of that time in the line.
   * `early`: what was seen of the wallet when the quote was asked for, which serves whoever need not wait. `quoteAnew`: for where the quote
   * has too little time left by then.
   * @throws DomainError every refusal before anything is at stake; nothing is reserved then.
   */
  reserve(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    early: Early | null,
    request: TimedRequest,
    quoteAnew: () => Promise<MeltQuote>,
  ): Promise<Begun>;
};

const firstPauseMs = 50;
const longestPauseMs = 400;

export function createReserving(parts: {
  preparation: Pick<Preparation, 'reserve'>;
  operations: Pick<OperationRepository, 'claiming'>;
  mints: { at(mintUrl: string): Pick<Mint, 'payments'> };
  answerWithinMs: number;
  onLastCall: OnLastCall;
  now: () => Date;
}): Reserving {
  const { preparation, operations, mints, answerWithinMs, onLastCall, now } = parts;
  const turns = createTurns();
  const unchangedMs = answerWithinMs / 10;

  async function reserve(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    early: Early | null,
    request: TimedRequest,
    quoteAnew: () => Promise<MeltQuote>,
  ): Promise<Begun> {
    const { answerBy, respondAsync } = request;
    const waitedMs = answerWithinMs - (answerBy.getTime() - now().getTime());
    const deadline = timer(Math.max(0, answerWithinMs / (respondAsync ? 6 : 2) - waitedMs));
    const lastCall = Promise.withResolvers<void>();
    const forgetLastCall = onLastCall(lastCall.resolve);
    let isOver = false;
    const giveUp = Promise.race([deadline.elapsed, lastCall.promise]).then(() => {
      isOver = true;
    });
    let current = quote;
    const attempt = async (seen: Early | null) => {
      if (!livesOn(current, now())) current = await quoteAnew();
      return reserveNow(wallet, invoice, current, seen, request);
    };
    const isEnough = () => isOver || respondAsync;
    try {
      return await turns.inTurn(wallet.id, giveUp, (line, isFirst) =>
        onceThere(attempt, isFirst ? early : null, line, isEnough),
      );
    } finally {
      deadline.cancel();
      forgetLastCall();
    }
  }

  /** Tries until there is enough, unless nothing changes any more: a payment that hangs may do so for days. */
  async function onceThere(
    attempt: (seen: Early | null) => Promise<Begun | { sight: string | null }>,
    early: Early | null,
    line: Line,
    isEnough: () => boolean,
  ): Promise<Begun> {
    let seen = early;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const result = await attempt(seen);
      seen = null;
      if ('operation' in result) return result;
      const atMs = now().getTime();
      if (result.sight === null) line.lastSeen = null;
      else if (line.lastSeen?.sight !== result.sight) line.lastSeen = { sight: result.sight, sinceMs: atMs };
      const hangs = line.lastSeen !== null && atMs - line.lastSeen.sinceMs >= unchangedMs;
      if (hangs || isEnough()) throw concurrentOperation();
      await pause(pauseMs * (0.5 + Math.random()));
    }
  }

  async function reserveNow(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    early: Early | null,
    request: TimedRequest,
  ): Promise<Begun | { sight: string | null }> {
    // It may have been revoked while its request waited.
    await request.stillAllowed();
    const result = await inPlace(wallet, invoice, quote, early, request).catch(async (error: unknown) => {
      const isRefused = error instanceof DomainError && error.code !== 'DATABASE_UNAVAILABLE';
      // Where this cannot be told, the refusal stands.
      throw (isRefused ? await duplicateOf(wallet, invoice).catch(() => null) : null) ?? error;
    });
    if ('operation' in result) return result;
    const duplicate = await duplicateOf(wallet, invoice);
    if (duplicate !== null) throw duplicate;
    return result;
  }

  /** In a place among the payments at the mint, which is given back unless something was reserved. */
  async function inPlace(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    early: Early | null,
    request: TimedRequest,
  ): Promise<Begun | { sight: string | null }> {
    const place = mints.at(wallet.mintUrl).payments.enter();
    try {
      const result = await preparation.reserve(wallet, invoice, quote, request, early);
      if (result.kind === 'reserved') return { operation: result.operation, place };
      place.leave();
      return { sight: result.sight };
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  /**
   * Whoever came earlier may have been about the same invoice, and have taken what this one lacks: that it is being paid is the truth
   * then, whatever else stood in the way.
   */
  async function duplicateOf(wallet: Wallet, invoice: Invoice): Promise<DomainError | null> {
    const paying = await operations.claiming(wallet.id, invoice.paymentHash);
    return paying === null ? null : duplicatePayment(paying);
  }

  return { isBusy: turns.areTaken, reserve };
}

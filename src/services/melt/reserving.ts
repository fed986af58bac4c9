import type { MeltOperation, MeltQuote } from '../../models/operation.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { MeltRequest } from '../contracts.ts';
import type { Place } from '../mint/lane.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { pause, timer } from '../operations/timing.ts';
import type { Invoice } from './invoice.ts';
import type { Preparation } from './preparation.ts';
import { concurrentOperation, duplicatePayment } from './refusals.ts';
import { createTurns, type Line } from './turns.ts';

/** What a request has reserved, and its place among the payments under way at the mint. */
export type Begun = { operation: MeltOperation; place: Place };

/** Calls back when a server that is about to go wants every request answered. @returns how to be left alone again */
export type OnLastCall = (answer: () => void) => () => void;

export type Reserving = {
  /**
   * Reserves for one payment, after those of the same wallet that came earlier. Ecash that other payments hold is waited
   * for while they go on ending: for half of the time that the client waits, and no longer than a tenth of it without a
   * change.
   * @throws DomainError every refusal before anything is at stake; nothing is reserved then.
   */
  reserve(wallet: Wallet, invoice: Invoice, quote: MeltQuote, request: MeltRequest): Promise<Begun>;
};

const firstPauseMs = 50;
const longestPauseMs = 400;

export function createReserving(parts: {
  preparation: Preparation;
  operations: Pick<OperationRepository, 'claiming'>;
  mints: MintDirectory;
  answerWithinMs: number;
  onLastCall: OnLastCall;
  now: () => Date;
}): Reserving {
  const { preparation, operations, mints, answerWithinMs, onLastCall, now } = parts;
  const turns = createTurns();
  const patienceMs = answerWithinMs / 2;
  const unchangedMs = answerWithinMs / 10;

  async function reserve(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    request: MeltRequest,
  ): Promise<Begun> {
    const deadline = timer(patienceMs);
    const lastCall = Promise.withResolvers<void>();
    const forgetLastCall = onLastCall(lastCall.resolve);
    let isOver = false;
    const giveUp = Promise.race([deadline.elapsed, lastCall.promise]).then(() => {
      isOver = true;
    });
    const attempt = () => reserveNow(wallet, invoice, quote, request);
    try {
      return await turns.inTurn(wallet.id, giveUp, (line) => onceThere(attempt, line, () => isOver));
    } finally {
      deadline.cancel();
      forgetLastCall();
    }
  }

  /** Tries until there is enough, unless nothing changes any more: a payment that hangs may do so for days. */
  async function onceThere(
    attempt: () => Promise<Begun | { sight: string | null }>,
    line: Line,
    isOver: () => boolean,
  ): Promise<Begun> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const result = await attempt();
      if ('operation' in result) return result;
      const atMs = now().getTime();
      if (result.sight === null) line.lastSeen = null;
      else if (line.lastSeen?.sight !== result.sight) line.lastSeen = { sight: result.sight, sinceMs: atMs };
      const hangs = line.lastSeen !== null && atMs - line.lastSeen.sinceMs >= unchangedMs;
      if (hangs || isOver()) throw concurrentOperation();
      await pause(pauseMs * (0.5 + Math.random()));
    }
  }

  async function reserveNow(
    wallet: Wallet,
    invoice: Invoice,
    quote: MeltQuote,
    request: MeltRequest,
  ): Promise<Begun | { sight: string | null }> {
    // Asked again: whoever came earlier may have been about the same invoice.
    const paying = await operations.claiming(wallet.id, invoice.paymentHash);
    if (paying !== null) throw duplicatePayment(paying);
    const place = mints.at(wallet.mintUrl).payments.enter();
    try {
      const result = await preparation.reserve(wallet, invoice, quote, request);
      if (result.kind === 'reserved') return { operation: result.operation, place };
      place.leave();
      return { sight: result.sight };
    } catch (error) {
      place.leave();
      throw error;
    }
  }

  return { reserve };
}

import { invariant } from '../../models/errors.ts';
import {
  type Attempt,
  type AttemptPurpose,
  attemptsFor,
  type MeltOperation,
  posted,
  type StoredReply,
} from '../../models/operation.ts';
import type { MeltRepository } from '../../repositories/melts.ts';
import {
  type OperationRepository,
  StaleOperation,
  withAttempt,
  withReply,
} from '../../repositories/operations.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { readMelt, readSigned, refusalIn } from '../mint/replies.ts';
import type { Exchange } from '../mint/transport.ts';
import { oddAgain } from '../operations/oddities.ts';
import { timer } from '../operations/timing.ts';
import { latest } from './facts.ts';

/** The mint has answered a melt, and the answer could not be stored. It is kept for the client's answer alone. */
export class ReplyNotStored extends Error {
  readonly paid: boolean;
  constructor(paid: boolean, cause: unknown) {
    super('a reply of the mint could not be stored', { cause });
    this.name = 'ReplyNotStored';
    this.paid = paid;
  }
}

/** Carries persisted requests to the mint: intent committed before, reply stored after, nothing interpreted. */
export type Courier = ReturnType<typeof createCourier>;

const maxStoreTries = 10;

export function createCourier(parts: {
  operations: OperationRepository;
  melts: MeltRepository;
  mints: MintDirectory;
  answerWithinMs: number;
  now: () => Date;
}) {
  const { operations, melts, mints, answerWithinMs, now } = parts;

  /** POST /v1/swap with the latest swap attempt; may be repeated by anybody. */
  async function swap(operation: MeltOperation): Promise<MeltOperation> {
    const sent = await depart(operation, 'swap', 'swapping');
    return arrive(sent, 'swap', await mints.at(operation.mintUrl).gateway.submit('swap', body(sent, 'swap')));
  }

  /** POST /v1/swap with the latest fence attempt; may be repeated by anybody. */
  async function fence(operation: MeltOperation): Promise<MeltOperation> {
    const sent = await depart(operation, 'fence', 'releasing');
    return arrive(
      sent,
      'fence',
      await mints.at(operation.mintUrl).gateway.submit('swap', body(sent, 'fence')),
    );
  }

  /**
   * POST /v1/melt/bolt11. Only the creating request comes here. The call lasts as long as the Lightning payment; when it
   * outlives the client's wait, transaction S books meanwhile what is certain.
   * @throws ReplyNotStored when the mint answered and the database did not.
   */
  async function melt(operation: MeltOperation): Promise<MeltOperation> {
    const sent = await depart(operation, 'melt', 'melting');
    const reply = mints.at(operation.mintUrl).gateway.submit('melt/bolt11', body(sent, 'melt'));
    await bookIfSlow(sent, reply);
    const exchange = await reply;
    try {
      return await arrive(sent, 'melt', exchange);
    } catch (error) {
      const paid = exchange.kind === 'reply' && readMelt({ ...exchange, at: now() }).kind === 'paid';
      throw new ReplyNotStored(paid, error);
    }
  }

  /** The intent, committed before the request leaves: if this write is in doubt, nothing is sent. */
  async function depart(
    operation: MeltOperation,
    purpose: AttemptPurpose,
    state: 'swapping' | 'melting' | 'releasing',
  ): Promise<MeltOperation> {
    const attempt = latest(attemptsFor(operation, purpose));
    invariant(attempt !== undefined, `no ${purpose} was planned`);
    const sending = posted(attempt, now());
    const { meltInputFee } = operation;
    const event =
      sending.posts === 1
        ? `${purpose} request goes to the mint`
        : `same ${purpose} request goes to the mint again`;
    return operations.transition(
      operation,
      { state, meltInputFee, attempts: withAttempt(operation.attempts, sending) },
      event,
      now(),
    );
  }

  async function bookIfSlow(sent: MeltOperation, reply: Promise<Exchange>): Promise<void> {
    if (sent.held === null || sent.bookedEarly) return;
    const waitMs = Math.max(0, sent.createdAt.getTime() + answerWithinMs - now().getTime());
    const wait = timer(waitMs);
    const slow = await Promise.race([reply.then(() => false), wait.elapsed.then(() => true)]);
    wait.cancel();
    // Booking early only helps; if it fails, the reply still has to be waited for and B books everything.
    if (slow)
      await melts
        .bookEarly(sent, {}, 'booked what is certain while the payment hangs')
        .catch(() => undefined);
  }

  /** Stores what came back on the operation as it is now, whoever has moved it meanwhile. */
  async function arrive(
    sent: MeltOperation,
    purpose: AttemptPurpose,
    exchange: Exchange,
  ): Promise<MeltOperation> {
    const at = now();
    const number = latest(attemptsFor(sent, purpose))?.number;
    let current = sent;
    for (let attempt = 1; ; attempt += 1) {
      const of = attemptsFor(current, purpose).find((candidate) => candidate.number === number);
      invariant(of !== undefined, `the ${purpose} attempt has vanished`);
      const answered =
        exchange.kind === 'reply'
          ? withReply(of, { httpStatus: exchange.httpStatus, body: exchange.body, at })
          : { ...of, endedAt: at };
      const refusalCode = exchange.kind === 'reply' ? definiteRefusal(answered.reply, purpose) : null;
      const stored = {
        ...answered,
        refusalCode: refusalCode ?? of.refusalCode,
        refusals: of.refusals + Number(refusalCode !== null),
      };
      // Refusals with a long time between them, of silence or of breaking down, do not belong together.
      const isRefusedSwap = purpose === 'swap' && exchange.kind === 'reply' && refusalIn(exchange) !== null;
      const changes = {
        attempts: withAttempt(current.attempts, keepPaid(of, stored)),
        ...(isRefusedSwap ? { swapRefused: oddAgain(current.swapRefused, at) } : {}),
      };
      const event =
        exchange.kind === 'reply'
          ? `${purpose} reply stored (HTTP ${exchange.httpStatus}${codeIn(exchange)})`
          : `no reply to ${purpose} (${exchange.reason})`;
      try {
        return await operations.transition(current, changes, event, at);
      } catch (error) {
        if (!(error instanceof StaleOperation) || attempt >= maxStoreTries) throw error;
        const reread = await operations.byId(sent.id);
        invariant(reread?.kind === 'melt', 'the operation has vanished');
        current = reread;
      }
    }
  }

  return { swap, fence, melt };
}

function body(operation: MeltOperation, purpose: AttemptPurpose): string {
  return latest(attemptsFor(operation, purpose))?.requestBody ?? '';
}

/** A repeat's reply never replaces one that says PAID. */
function keepPaid(before: Attempt, after: Attempt): Attempt {
  const paid = before.purpose === 'melt' && before.reply !== null && readMelt(before.reply).kind === 'paid';
  return paid ? { ...after, reply: before.reply } : after;
}

/** The mint's own number for a refusal, for whoever reads the timeline. */
function codeIn(exchange: { httpStatus: number; body: string }): string {
  const code = refusalIn(exchange)?.code ?? null;
  return code === null ? '' : `, code ${code}`;
}

function definiteRefusal(reply: StoredReply | null, purpose: AttemptPurpose): number | null {
  if (reply === null) return null;
  const reading = purpose === 'melt' ? readMelt(reply) : readSigned(reply);
  return reading.kind === 'rejected' ? reading.code : null;
}

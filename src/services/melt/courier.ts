import type { MeltOperation } from '../../models/operation.ts';
import type { MeltRepository } from '../../repositories/melts.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { within } from '../../timing.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { readMelt, refusalIn } from '../mint/replies.ts';
import type { Exchange } from '../mint/transport.ts';
import { oddAgain } from '../operations/oddities.ts';
import { arrive, depart, type Errand, submit } from '../operations/post.ts';

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

export function createCourier(parts: {
  operations: OperationRepository;
  melts: MeltRepository;
  mints: MintDirectory;
  answerWithinMs: number;
  now: () => Date;
}) {
  const { operations, melts, mints, answerWithinMs, now } = parts;

  const errand = (
    purpose: 'swap' | 'melt' | 'fence',
    state: 'swapping' | 'melting' | 'releasing',
  ): Errand<MeltOperation> => ({
    purpose,
    depart: (operation, attempts, event, at) => {
      const { meltInputFee } = operation;
      return operations.transition(operation, { state, meltInputFee, attempts }, event, at);
    },
    arrive: (current, attempts, event, at, exchange) => {
      // Refusals with a long time between them, of silence or of breaking down, do not belong together.
      const isRefusedSwap = purpose === 'swap' && exchange.kind === 'reply' && refusalIn(exchange) !== null;
      const noted = isRefusedSwap ? { swapRefused: oddAgain(current.swapRefused, at) } : {};
      return operations.transition(current, { attempts, ...noted }, event, at);
    },
    reread: (key) => operations.ofKind('melt', key),
  });
  const swapping = errand('swap', 'swapping');
  const melting = errand('melt', 'melting');
  const fencing = errand('fence', 'releasing');

  /** POST /v1/swap with the latest swap attempt; may be repeated by anybody. */
  const swap = (operation: MeltOperation): Promise<MeltOperation> => exchange(operation, swapping);

  /** POST /v1/swap with the latest fence attempt; may be repeated by anybody. */
  const fence = (operation: MeltOperation): Promise<MeltOperation> => exchange(operation, fencing);

  async function exchange(operation: MeltOperation, of: Errand<MeltOperation>): Promise<MeltOperation> {
    const sent = await depart(operation, of, now());
    const reply = await submit(sent, of.purpose, mints.at(operation.mintUrl).gateway);
    return arrive(sent, of, reply, now());
  }

  /**
   * POST /v1/melt/bolt11. Only the creating request comes here. The call lasts as long as the Lightning payment; when it
   * outlives the client's wait, transaction S books meanwhile what is certain.
   * @throws ReplyNotStored when the mint answered and the database did not.
   */
  async function melt(operation: MeltOperation): Promise<MeltOperation> {
    const sent = await depart(operation, melting, now());
    const reply = submit(sent, 'melt', mints.at(operation.mintUrl).gateway);
    await bookIfSlow(sent, reply);
    const answer = await reply;
    try {
      return await arrive(sent, melting, answer, now());
    } catch (error) {
      const paid = answer.kind === 'reply' && readMelt({ ...answer, at: now() }).kind === 'paid';
      throw new ReplyNotStored(paid, error);
    }
  }

  async function bookIfSlow(sent: MeltOperation, reply: Promise<Exchange>): Promise<void> {
    if (sent.held === null || sent.bookedEarly) return;
    const waitMs = Math.max(0, sent.createdAt.getTime() + answerWithinMs - now().getTime());
    const replied = reply.then(() => false);
    const slow = await within(waitMs, replied, () => true);
    // Booking early only helps; if it fails, the reply still has to be waited for and B books everything.
    if (slow)
      await melts
        .bookEarly(sent, {}, 'booked what is certain while the payment hangs')
        .catch(() => undefined);
  }

  return { swap, fence, melt };
}

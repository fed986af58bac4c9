import { invariant } from '../../models/errors.ts';
import { attemptsFor, type MeltOperation, type MeltPayment, meltInputs } from '../../models/operation.ts';
import { type OutputRole, sumAmounts } from '../../models/proof.ts';
import type { MeltRepository } from '../../repositories/melts.ts';
import type { Changes, OperationRepository } from '../../repositories/operations.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import { redeem } from '../ecash/redemption.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { readMelt } from '../mint/replies.ts';
import { whyBroken } from '../operations/broken.ts';
import { type CollectedChange, changeWaitMs, collectChange, paymentFrom } from './change.ts';
import type { Courier } from './courier.ts';
import { type Decision, decide, type MeltFacts, needsMintView } from './decision.ts';
import type { Exchanges } from './exchanges.ts';
import { factsOf, isUnsent, latest, type MeltTimes } from './facts.ts';
import { failureOf } from './failure.ts';
import { type Incidents, whyStopped } from './incidents.ts';
import type { LostTime } from './lostTime.ts';
import { leftOutBy, type Observation, observe, unseen } from './observe.ts';
import { setbackOf } from './setback.ts';
import {
  again,
  ended,
  keepOf,
  later,
  noteOf,
  nothingUnverified,
  onceAnswered,
  repeated,
  type Step,
} from './steps.ts';

/**
 *   prepared ─► swapping ─► swapped ─► melting ─► pending ─► paid ─► settled
 *       │           │          │          │          │  ▲
 *       ▼           └──────────┴──────────┴──────────┤  │ the fence found the inputs spent
 *   cancelled                                        ▼  │
 *                                                releasing ─► released
 *   any state whose invariant broke ─► needs_attention
 */
export type MeltSaga = {
  /**
   * `advance()`: observe → decide → commit, once. The request that pays and the worker that recovers both run it.
   * @throws StaleOperation when somebody else was quicker; database errors and ReplyNotStored as they are.
   */
  advance(operation: MeltOperation, role: MeltFacts['role']): Promise<Step>;
};

export function createMeltSaga(parts: {
  operations: OperationRepository;
  melts: MeltRepository;
  mints: MintDirectory;
  exchanges: Exchanges;
  courier: Courier;
  incidents: Incidents;
  lostTime: LostTime;
  arithmetic: EcashArithmetic;
  times: MeltTimes & { answerWithinMs: number };
  now: () => Date;
}): MeltSaga {
  const { operations, melts, mints, exchanges, courier, incidents, lostTime, arithmetic, times, now } = parts;

  async function advance(operation: MeltOperation, role: MeltFacts['role']): Promise<Step> {
    try {
      const facts = factsOf(operation, role, times, now());
      const seen = needsMintView(facts)
        ? await observe(operation, mints.at(operation.mintUrl).gateway)
        : unseen;
      return await carryOut(decide(facts, seen.view), operation, seen, role);
    } catch (error) {
      if (isMintTrouble(error) && !isUnsent(operation, role)) return later(operation);
      return again(await stop(operation, whyBroken(error)));
    }
  }

  async function carryOut(
    decision: Decision,
    operation: MeltOperation,
    seen: Observation,
    role: MeltFacts['role'],
  ): Promise<Step> {
    switch (decision) {
      case 'done':
        return { operation, next: 'finished' };
      case 'wait':
        return later(await bookWhileWaiting(operation, role));
      case 'cancel':
        return (await lostTime.insteadOfCancel(operation, role)) ?? again(await cancel(operation));
      case 'start_swap':
      case 'repeat_swap':
        return onceAnswered(await courier.swap(operation), 'swap');
      case 'renew_swap': {
        const sent = await exchanges.renewSwap(operation);
        return sent === null ? again(await giveUp(operation)) : onceAnswered(sent, 'swap');
      }
      case 'accept_swap':
        return acceptSwap(operation, seen);
      case 'start_melt': {
        const ready = await exchanges.readyToMelt(operation);
        return again(ready === null ? await giveUp(operation) : await courier.melt(ready));
      }
      case 'repeat_melt':
        return repeated(await courier.melt(operation));
      case 'hang':
        return again(
          await move(
            operation,
            { state: 'pending', attempts: ended(operation, now()) },
            'outcome not known yet: asking the mint until it is',
          ),
        );
      case 'pay': {
        const paid = await pay(operation, seen, role);
        return paid === null ? later(operation) : again(paid);
      }
      case 'doubt':
        await incidents.paidButUnspent(operation);
        return later(operation);
      case 'note_doubt':
      case 'note_unpaid':
      case 'note_partly_spent':
      case 'forget_partly_spent':
      case 'forget_doubt':
      case 'forget_unverified':
      case 'forget_unpaid': {
        const { changes, event } = noteOf(decision, operation, now());
        return later(await bookWhileWaiting(await move(operation, changes, event), role));
      }
      case 'start_fence':
        return onceAnswered(await exchanges.startFence(operation, meltInputs(operation), null), 'fence');
      case 'start_partial_fence':
        return onceAnswered(await exchanges.startPartialFence(operation, seen.spentYs), 'fence');
      case 'repeat_fence':
        return onceAnswered(await courier.fence(operation), 'fence');
      case 'renew_fence':
        return onceAnswered(await exchanges.renewFence(operation), 'fence');
      case 'resume':
        return again(
          await move(operation, { state: 'pending', unpaidSightings: 0 }, 'the fence found the inputs spent'),
        );
      case 'start_release':
        return (await lostTime.insteadOfRelease(operation, role)) ?? again(await giveUp(operation));
      case 'finish_release':
        return finishRelease(operation, seen, role);
      case 'collect_change':
        return collect(operation, role);
      case 'attention':
      case 'attention_doubted':
      case 'attention_swap_refused':
        return again(await stop(operation, whyStopped[decision]));
    }
  }

  /** Everything the swap promised, verified, or nothing. */
  async function acceptSwap(operation: MeltOperation, seen: Observation): Promise<Step> {
    const redemption = await redeemed(operation, 'swap', seen);
    if (redemption.kind !== 'proofs') return notInHand(operation, 'swap', redemption.kind);
    const of = (wanted: OutputRole) =>
      redemption.redeemed.filter(({ output }) => output.role === wanted).map(({ proof }) => proof);
    const held = { send: of('send'), keep: of('keep') };
    // An earlier attempt may have won, whose terms were those of another keyset.
    const swap = { sendAmount: sumAmounts(held.send), keepAmount: sumAmounts(held.keep), fee: 0n };
    swap.fee = operation.sourceAmount - swap.sendAmount - swap.keepAmount;
    invariant(swap.fee >= 0n, 'the swap gave more than went in');
    const changes = { held, swap, ...nothingUnverified };
    return again(await move(operation, { state: 'swapped', ...changes }, 'swap outputs verified'));
  }

  /** The mint paid. Booked in one go where the change is in hand, else booked as far as it is certain. */
  async function pay(
    operation: MeltOperation,
    seen: Observation,
    role: MeltFacts['role'],
  ): Promise<MeltOperation | null> {
    const reply = latest(attemptsFor(operation, 'melt'))?.reply;
    const reading = reply ? readMelt(reply) : null;
    const preimage = reading?.kind === 'paid' ? reading.preimage : (seen.quote?.preimage ?? null);
    const payment = paymentFrom(operation, preimage, now());
    const change = await changeOf({ ...operation, payment }, seen.quote);
    if (change.unverified > 0) await incidents.badChange(operation, change.unverified);
    if (!(await lostTime.isLookedAt(operation, [...keepOf(operation), ...change.proofs], role))) return null;
    if (change.complete) return settle(operation, payment, change);
    return melts.bookEarly(
      operation,
      { state: 'paid', payment, change: change.proofs, finishedAt: now() },
      'paid; the change is still to come',
    );
  }

  /** Transaction B. */
  async function settle(operation: MeltOperation, payment: MeltPayment, change: CollectedChange) {
    const { id, sourceTokenIds } = operation;
    await incidents.changeIs(operation, change);
    const metadata = { decidedOn: operation, payment };
    return melts.executeAtomicMelt(sourceTokenIds, keepOf(operation), change.proofs, id, metadata);
  }

  /** Asks for missing change; after a day what there is is all there is. */
  async function collect(operation: MeltOperation, role: MeltFacts['role']): Promise<Step> {
    const change = await changeOf(operation, null);
    const paidAt = operation.payment?.paidAt ?? operation.createdAt;
    const givenUp = change.answered && now().getTime() - paidAt.getTime() >= changeWaitMs;
    if (!change.complete && !givenUp) {
      const grown = change.proofs.length > operation.change.length;
      return later(
        grown ? await move(operation, { change: change.proofs }, 'more change has come') : operation,
      );
    }
    if (!(await lostTime.isLookedAt(operation, change.proofs, role))) return later(operation);
    invariant(operation.payment !== null, 'settled without a payment');
    return again(await settle(operation, operation.payment, change));
  }

  /** Transaction R, with whatever now stands for the reservation at the mint. */
  async function finishRelease(
    operation: MeltOperation,
    seen: Observation,
    role: MeltFacts['role'],
  ): Promise<Step> {
    const keep = keepOf(operation);
    const fenced = attemptsFor(operation, 'fence').length > 0;
    if (!fenced) {
      const back = [...keep, ...(operation.held?.send ?? [])];
      const freed = operation.held === null ? operation.inputs : back;
      if (!(await lostTime.isLookedAt(operation, freed, role))) return later(operation);
      return again(await melts.release(operation, back));
    }
    const redemption = await redeemed(operation, 'fence', seen);
    if (redemption.kind !== 'proofs') return notInHand(operation, 'fence', redemption.kind);
    const proofs = redemption.redeemed.map(({ proof }) => proof);
    if (!(await lostTime.isLookedAt(operation, [...keep, ...proofs], role))) return later(operation);
    const leftOut = leftOutBy(operation, redemption.redeemed);
    if (leftOut.length === 0) return again(await melts.release(operation, [...keep, ...proofs]));
    const held = { send: [...proofs, ...leftOut], keep: operation.held?.keep ?? [] };
    const missingAmount = sumAmounts(leftOut);
    const why = `${missingAmount} ${operation.unit} of the inputs were spent by somebody else`;
    return again(await stop({ ...operation, held, missingAmount }, why));
  }

  const redeemed = (operation: MeltOperation, purpose: 'swap' | 'fence', seen: Observation) =>
    redeem(attemptsFor(operation, purpose), mints.at(operation.mintUrl), arithmetic, seen.restored);

  const changeOf = (operation: MeltOperation, seenQuote: Observation['quote']) =>
    collectChange(operation, mints.at(operation.mintUrl), arithmetic, seenQuote, now());

  /** No ecash yet: see `setbackOf`. */
  async function notInHand(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
    why: 'unreachable' | 'unsigned' | 'unverified',
  ): Promise<Step> {
    const setback = setbackOf(operation, purpose, why, now());
    if (setback.kind === 'ask_again') return later(operation);
    if (setback.kind === 'stop') return again(await stop(operation, setback.why));
    await incidents.badSignatures(operation, purpose, setback.reply);
    const { note } = setback;
    return later(note === null ? operation : await move(operation, note.changes, note.event));
  }

  /** Transaction S: a swapped operation that outlives its request does not freeze what was only change. */
  async function bookWhileWaiting(operation: MeltOperation, role: MeltFacts['role']): Promise<MeltOperation> {
    const waitedMs = now().getTime() - operation.createdAt.getTime();
    const due =
      operation.state === 'pending' &&
      operation.held !== null &&
      !operation.bookedEarly &&
      waitedMs >= times.answerWithinMs;
    if (!due || !(await lostTime.isLookedAt(operation, keepOf(operation), role))) return operation;
    return melts.bookEarly(operation, {}, 'booked what is certain while the payment hangs');
  }

  const cancel = (operation: MeltOperation): Promise<MeltOperation> =>
    melts.cancel(operation, 'its creator never came back; nothing had been sent');

  function giveUp(operation: MeltOperation): Promise<MeltOperation> {
    return move(
      operation,
      { state: 'releasing', failure: failureOf(operation) },
      'will not be paid: giving the funds back',
    );
  }

  /** Reported first: an operation that needs a person and is not reported would wait for ever. */
  async function stop(operation: MeltOperation, why: string): Promise<MeltOperation> {
    await incidents.needsAttention(operation, why);
    const { held, missingAmount } = operation;
    return move(operation, { state: 'needs_attention', held, missingAmount, finishedAt: now() }, why);
  }

  function move(
    operation: MeltOperation,
    changes: Changes<MeltOperation>,
    event: string,
  ): Promise<MeltOperation> {
    return operations.transition(operation, changes, event, now());
  }

  return { advance };
}

import { invariant } from '../../models/errors.ts';
import type { Failure, SwapNotes } from '../../models/exchange.ts';
import { type Attempt, attemptsFor, type OperationKey } from '../../models/operation.ts';
import { type PlannedOutput, type Proof, sumAmounts } from '../../models/proof.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import { redeem } from '../ecash/redemption.ts';
import type { Unblinded } from '../ecash/unblinding.ts';
import { causeOf } from '../melt/failure.ts';
import { inputsView } from '../melt/observe.ts';
import type { OutputKeysets } from '../melt/outputKeysets.ts';
import { type RestoredOutput, signedView } from '../mint/gateway.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { hasSignatures, refusalIn } from '../mint/replies.ts';
import type { Exchange } from '../mint/transport.ts';
import { oddAgain, oddForMs } from '../operations/oddities.ts';
import { arrive, depart, type Errand, submit } from '../operations/post.ts';
import { refusedKeysets, renewalOf, withLatest } from '../operations/renewal.ts';
import { nextAttempt, type OutputKeyset, swapBody } from '../operations/swapRequests.ts';
import type { Detection } from '../restore/detection.ts';
import { decideSwap, type SwapView } from './swapDecision.ts';
import { type Exchanging, type SwapJob, swapFactsOf } from './swapFacts.ts';

/** What a look or a request leaves on an operation. */
export type SwapChanges = Partial<SwapNotes> & { attempts?: Attempt[] };

/** How one kind of operation writes that down, and what its swap is made into. */
export type SwapKind<T extends Exchanging> = {
  /** @throws StaleOperation */
  move(operation: T, changes: SwapChanges, event: string, at: Date): Promise<T>;
  reread(key: OperationKey): Promise<T>;
  /** Fresh outputs for what the fee leaves. Null where that is not to be: too little, or dearer than was agreed on. */
  plan(operation: T, job: SwapJob, keyset: OutputKeyset, fee: bigint): Promise<PlannedOutput[] | null>;
};

/** What a swap has come to after one step. */
export type SwapStep<T> =
  | { kind: 'under_way'; operation: T; next: 'again' | 'later' }
  /** Everything that one attempt promised, verified. */
  | { kind: 'won'; redeemed: Unblinded['proofs'] }
  /** Others have spent inputs, and our swap has not: seen twice. */
  | { kind: 'gone'; spent: Proof[] }
  /** It will not happen, and the inputs are as they were. */
  | { kind: 'refused'; failure: Failure }
  /** A person must look. */
  | { kind: 'stop'; why: string };

export type Swapping<T extends Exchanging> = {
  /** Observe → decide → one thing done about it. @throws StaleOperation, DomainError where the mint is in trouble */
  advance(operation: T, job: SwapJob): Promise<SwapStep<T>>;
  /** Sends the latest attempt. */
  post(operation: T, job: SwapJob): Promise<T>;
  /** The first attempt at a swap, with outputs that the mint has never seen. Null where `plan` says so. */
  firstAttempt(operation: T, job: SwapJob): Promise<Attempt | null>;
  observe(operation: T, job: SwapJob): Promise<SwapSight>;
};

export type SwapSight = { view: SwapView; restored: RestoredOutput[]; spent: Proof[] };

/**
 * A swap is finished, never undone: restore every attempt's outputs; signed → ours; inputs unspent → the same POST again;
 * refused → one whose terms are others. At most one attempt wins: all take the same inputs (docs/architecture.md).
 */
export function createSwapping<T extends Exchanging>(parts: {
  kind: SwapKind<T>;
  mints: MintDirectory;
  keysets: OutputKeysets;
  detection: Pick<Detection, 'demandUnsigned'>;
  arithmetic: EcashArithmetic;
  badSignatures: (operation: T) => Promise<unknown>;
  now: () => Date;
}): Swapping<T> {
  const { kind, mints, keysets, detection, arithmetic, badSignatures, now } = parts;

  const errand = ({ purpose }: SwapJob): Errand<T> => ({
    purpose,
    depart: (operation, attempts, event, at) => kind.move(operation, { attempts }, event, at),
    arrive: (current, attempts, event, at, exchange) =>
      kind.move(current, { attempts, ...refusalNoted(current, exchange, at) }, event, at),
    reread: kind.reread,
  });

  async function post(operation: T, job: SwapJob): Promise<T> {
    const of = errand(job);
    const sent = await depart(operation, of, now());
    const reply = await submit(sent, job.purpose, mints.at(operation.mintUrl).gateway);
    return arrive(sent, of, reply, now());
  }

  async function advance(operation: T, job: SwapJob): Promise<SwapStep<T>> {
    const facts = swapFactsOf(operation, job, now());
    const sight = facts.signed ? unseen : await observe(operation, job);
    switch (decideSwap(facts, sight.view)) {
      case 'accept':
        return accept(operation, job, sight);
      case 'wait':
        return later(operation);
      case 'repeat':
        return onceAnswered(await post(operation, job), job);
      case 'renew':
        return onceAnswered(await post(await renewed(operation, job), job), job);
      case 'note_gone': {
        const gone = oddAgain(operation.gone, now());
        return later(await note(operation, { gone }, 'inputs are spent, and not by us'));
      }
      case 'forget_gone':
        return again(await note(operation, { gone: null }, 'the inputs are not spent after all'));
      case 'forget_unverified': {
        const event = 'the mint shows no signatures that do not verify any more';
        return again(await note(operation, { unverified: null }, event));
      }
      case 'gone':
        return { kind: 'gone', spent: sight.spent };
      case 'refused':
        return { kind: 'refused', failure: refusalOf(operation, job) };
      case 'refused_for_long':
        return { kind: 'stop', why: 'for an hour the mint has refused to swap this ecash' };
    }
  }

  async function observe(operation: T, { purpose, inputs }: SwapJob): Promise<SwapSight> {
    const { gateway } = mints.at(operation.mintUrl);
    const outputs = attemptsFor(operation, purpose).flatMap((of) => of.outputs);
    const [states, restored] = await Promise.all([
      gateway.proofStates(inputs.map(({ Y }) => Y)),
      outputs.length === 0 ? null : gateway.restore(outputs),
    ]);
    const byY = states.kind === 'answer' ? states.value : null;
    const view: SwapView = {
      inputs: byY === null ? 'UNREACHABLE' : inputsView(inputs, byY),
      outputs: signedView(restored),
    };
    const spent = inputs.filter(({ Y }) => byY?.get(Y) === 'SPENT');
    return { view, restored: restored?.kind === 'answer' ? restored.value : [], spent };
  }

  async function accept(operation: T, job: SwapJob, { restored }: SwapSight): Promise<SwapStep<T>> {
    const attempts = attemptsFor(operation, job.purpose);
    const redemption = await redeem(attempts, mints.at(operation.mintUrl), arithmetic, restored);
    switch (redemption.kind) {
      case 'proofs':
        return { kind: 'won', redeemed: redemption.redeemed };
      case 'unreachable':
        return later(operation);
      case 'unsigned':
        return later(await setAside(operation, job, null));
      case 'unverified': {
        const unverified = oddAgain(operation.unverified, now());
        if (unverified.lastAt.getTime() - unverified.since.getTime() >= oddForMs)
          return { kind: 'stop', why: 'the mint’s signatures do not verify' };
        await badSignatures(operation);
        return later(await setAside(operation, job, unverified));
      }
    }
  }

  /** A reply of the right shape whose signatures are not ours proves nothing: the mint is asked what it has signed. */
  function setAside(operation: T, { purpose }: SwapJob, unverified: SwapNotes['unverified']): Promise<T> {
    const latest = attemptsFor(operation, purpose).at(-1);
    const attempts = operation.attempts.map((one) => (one === latest ? { ...one, reply: null } : one));
    return note(operation, { attempts, unverified }, 'what the mint has signed does not verify');
  }

  async function firstAttempt(operation: T, job: SwapJob): Promise<Attempt | null> {
    return planned(operation, job, await keysets.forOutputs(operation.mintUrl, operation.unit));
  }

  /** With the attempt last that can get what the latest did not; see `renewalOf`. */
  async function renewed(operation: T, job: SwapJob): Promise<T> {
    const { mintUrl, unit, attempts } = operation;
    const keyset = await keysets.forOutputs(mintUrl, unit, 0, refusedKeysets(attempts));
    const ofPurpose = attemptsFor(operation, job.purpose);
    const amount = sumAmounts(job.inputs) - (await keysets.feeOf(mintUrl, job.inputs));
    const known = renewalOf(ofPurpose, { inputs: job.inputs, keysetId: keyset.id, amount });
    const next = known === 'new' ? await planned(operation, job, keyset) : known;
    if (next === null || next === ofPurpose.at(-1)) return operation;
    const event = `${next.posts === 0 ? 'new' : 'earlier'} ${job.purpose} attempt on the active keyset`;
    return note(operation, { attempts: withLatest(attempts, next) }, event);
  }

  async function planned(operation: T, job: SwapJob, keyset: OutputKeyset): Promise<Attempt | null> {
    const fee = await keysets.feeOf(operation.mintUrl, job.inputs);
    const outputs = await kind.plan(operation, job, keyset, fee);
    if (outputs === null) return null;
    invariant(
      sumAmounts(outputs) + fee === sumAmounts(job.inputs),
      `${operation.id}: a swap that would lose or gain`,
    );
    await detection.demandUnsigned(operation, outputs);
    const body = swapBody(job.inputs, outputs);
    return nextAttempt(operation.attempts, job.purpose, keyset.id, outputs, body);
  }

  const note = (operation: T, changes: SwapChanges, event: string): Promise<T> =>
    kind.move(operation, changes, event, now());

  return { advance, post, firstAttempt, observe };
}

const unseen: SwapSight = {
  view: { inputs: 'UNREACHABLE', outputs: 'UNREACHABLE' },
  restored: [],
  spent: [],
};

const again = <T>(operation: T): SwapStep<T> => ({ kind: 'under_way', operation, next: 'again' });
const later = <T>(operation: T): SwapStep<T> => ({ kind: 'under_way', operation, next: 'later' });

/** Goes on at once with an answer to work on; without one, no request is repeated in the same breath. */
function onceAnswered<T extends Exchanging>(operation: T, { purpose }: SwapJob): SwapStep<T> {
  return hasSignatures(attemptsFor(operation, purpose).at(-1)) ? again(operation) : later(operation);
}

/** Refusals with a long time between them, of silence or of breaking down, do not belong together. */
function refusalNoted(current: Exchanging, exchange: Exchange, at: Date): SwapChanges {
  const isRefused = exchange.kind === 'reply' && refusalIn(exchange) !== null;
  return isRefused ? { refused: oddAgain(current.refused, at) } : {};
}

/** Why the mint did not swap, in a stable word; its own may repeat what it was sent. */
function refusalOf(operation: Exchanging, { purpose }: SwapJob): Failure {
  const reply = attemptsFor(operation, purpose).at(-1)?.reply ?? null;
  const refusal = reply === null ? null : refusalIn(reply);
  return { cause: causeOf(refusal?.code ?? null, null), detail: null };
}

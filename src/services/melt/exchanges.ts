import { type Attempt, attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { type OperationRepository, withAttempt } from '../../repositories/operations.ts';
import { inputFee } from '../ecash/amounts.ts';
import { refusedKeysets, renewalOf, type Terms, withLatest } from '../operations/renewal.ts';
import type { OutputKeyset } from '../operations/swapRequests.ts';
import type { Detection } from '../restore/detection.ts';
import { blanksFor, type MeltAttempts, meltBody } from './attempts.ts';
import type { Courier } from './courier.ts';
import { areAllRefused, latest } from './facts.ts';
import { failureOf } from './failure.ts';
import type { Incidents } from './incidents.ts';
import { contestedInputs } from './observe.ts';
import type { OutputKeysets } from './outputKeysets.ts';
import { nothingUnverified } from './steps.ts';

/**
 * Swap and fence have one rule: restore every attempt's outputs; signed → ours; inputs unspent → the same POST again;
 * refused → one whose terms are others: a new attempt with fresh counters, or an earlier one. At most one wins: all take the
 * same inputs.
 */
export type Exchanges = ReturnType<typeof createExchanges>;

export function createExchanges(parts: {
  operations: OperationRepository;
  keysets: OutputKeysets;
  attempts: MeltAttempts;
  courier: Courier;
  incidents: Pick<Incidents, 'feeAboveLimit'>;
  detection: Pick<Detection, 'demandUnsigned'>;
  now: () => Date;
}) {
  const { operations, keysets, attempts, courier, incidents, detection, now } = parts;

  /**
   * A swap attempt on a keyset that is active now, or the same again while the mint lists nothing else. One that no longer
   * pays within the payment's limit is not made while nothing is swapped and nothing under way.
   * @returns null where the melt is to be given up as it stands
   */
  async function renewSwap(operation: MeltOperation): Promise<MeltOperation | null> {
    const keyset = await activeKeyset(operation);
    const terms = await keysets.swapTerms(operation, keyset);
    if (terms.kind !== 'pays' && areAllRefused(attemptsFor(operation, 'swap'))) return null;
    if (terms.kind === 'too_dear') {
      await incidents.feeAboveLimit(operation, 'swap', terms.fee);
      return courier.swap(operation); // its terms are those that were agreed on
    }
    const { swap } = terms;
    const amount = swap.sendAmount + swap.keepAmount;
    const wanted = { inputs: operation.inputs, keysetId: keyset.id, amount };
    const next = await renewal(operation, 'swap', wanted, () =>
      attempts.swap({ ...operation, swap }, keyset),
    );
    return courier.swap(await withNext(operation, 'swap', next, { swap }));
  }

  /** What is to be sent now: the latest attempt again, an earlier one, or a new one. Null where there is no room for that. */
  async function renewal(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
    wanted: Terms,
    plan: () => Promise<Attempt>,
  ): Promise<Attempt | null> {
    const next = renewalOf(attemptsFor(operation, purpose), wanted);
    return next === 'new' ? unsigned(operation, await plan()) : next;
  }

  /** The operation with this as its latest attempt for the purpose; as it is where it is that already, or none. */
  async function withNext(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
    next: Attempt | null,
    changes: Partial<Pick<MeltOperation, 'swap'>> = {},
  ): Promise<MeltOperation> {
    if (next === null || next === latest(attemptsFor(operation, purpose))) return operation;
    const event = `${next.posts === 0 ? 'new' : 'earlier'} ${purpose} attempt on the active keyset`;
    const attempts = withLatest(operation.attempts, next);
    return operations.transition(operation, { ...changes, attempts }, event, now());
  }

  /** By a list of just now. One that has refused to sign for this melt is named only where no other is active. */
  function activeKeyset(operation: MeltOperation): Promise<OutputKeyset> {
    return keysets.forOutputs(operation.mintUrl, operation.unit, 0, refusedKeysets(operation.attempts));
  }

  /**
   * The operation with its melt request: planned where there is none yet, and planned anew if its blanks' keyset retired or
   * the fees changed meanwhile. One look at the mint's fees decides all of it.
   * @returns null where what is in hand no longer pays, or not within the client's limit
   */
  async function readyToMelt(operation: MeltOperation): Promise<MeltOperation | null> {
    const planned = latest(attemptsFor(operation, 'melt'));
    const usable =
      planned !== undefined &&
      planned.requestBody !== '' &&
      (planned.outputs.length === 0 || (await keysets.isActive(operation, planned.keysetId)));
    const keyset = usable ? null : await activeKeyset(operation);
    const inputs = meltInputs(operation);
    const ready = { ...operation, meltInputFee: await keysets.feeOf(operation.mintUrl, inputs) };
    if (!coversMelt(ready, sumAmounts(inputs))) return null;
    if (usable && ready.meltInputFee === operation.meltInputFee) return operation;
    return planMelt(ready, inputs, planned, keyset ?? (await activeKeyset(operation)));
  }

  /** The blanks planned with a swap serve if their keyset still signs and a renewed swap left no more over. */
  async function planMelt(
    operation: MeltOperation,
    inputs: readonly Proof[],
    planned: Attempt | undefined,
    keyset: OutputKeyset,
  ): Promise<MeltOperation> {
    const serves =
      planned !== undefined &&
      planned.requestBody === '' &&
      planned.keysetId === keyset.id &&
      planned.outputs.length >= blanksFor(operation, sumAmounts(inputs), keyset);
    if (!serves) return newMelt(operation, inputs, keyset);
    const whole = { ...planned, requestBody: meltBody(operation.quote, inputs, planned.outputs) };
    return { ...operation, attempts: withAttempt(operation.attempts, whole) };
  }

  async function newMelt(
    operation: MeltOperation,
    inputs: readonly Proof[],
    keyset: OutputKeyset,
  ): Promise<MeltOperation> {
    const planned = latest(attemptsFor(operation, 'melt'));
    const attempt = await unsigned(operation, await attempts.melt(operation, inputs, keyset));
    const others = operation.attempts.filter(({ purpose }) => purpose !== 'melt');
    return { ...operation, attempts: [...others, { ...attempt, number: (planned?.number ?? 0) + 1 }] };
  }

  /** An attempt of fresh outputs, once the mint has said that they are fresh to it, too. */
  async function unsigned(operation: MeltOperation, attempt: Attempt): Promise<Attempt> {
    await detection.demandUnsigned(operation, attempt.outputs);
    return attempt;
  }

  /**
   * Puts the fence up: from here on a melt that comes late must fail. `missingAmount`: what others have spent.
   * @returns the operation as it was where the fence has to wait for its fee to come down
   */
  async function startFence(
    operation: MeltOperation,
    inputs: readonly Proof[],
    missingAmount: bigint | null,
  ): Promise<MeltOperation> {
    const standing = latest(attemptsFor(operation, 'fence'));
    const failure = failureOf(operation);
    const nothingOdd = { partlySince: null, partlySeenAt: null, ...nothingUnverified };
    const changes = { state: 'releasing' as const, failure, missingAmount, ...nothingOdd };
    if (standing !== undefined && missingAmount === operation.missingAmount) {
      return operations.transition(operation, changes, 'back behind the fence', now());
    }
    const next = await nextFence(operation, inputs);
    if (next === null) return operation;
    const withFence = { ...changes, attempts: withLatest(operation.attempts, next) };
    return courier.fence(
      await operations.transition(operation, withFence, 'untouched for long: fencing the inputs off', now()),
    );
  }

  /** Others have spent some of the inputs, so the melt can never happen: the rest is brought home. */
  async function startPartialFence(
    operation: MeltOperation,
    spentYs: ReadonlySet<string>,
  ): Promise<MeltOperation> {
    const rest = contestedInputs(operation).filter(({ Y }) => !spentYs.has(Y));
    return startFence(operation, rest, sumAmounts(meltInputs(operation)) - sumAmounts(rest));
  }

  /** A fence attempt on a keyset that is active now, or the same again while the mint lists nothing else. */
  async function renewFence(operation: MeltOperation): Promise<MeltOperation> {
    const next = await nextFence(operation, contestedInputs(operation));
    return next === null ? operation : courier.fence(await withNext(operation, 'fence', next));
  }

  /**
   * The fence is for our safety, so it may not cost what the payment itself was not allowed to. Null while the mint asks for
   * more: that is reported, and the mint is asked on. Null, too, where there is no room for one more attempt.
   */
  async function nextFence(operation: MeltOperation, inputs: readonly Proof[]): Promise<Attempt | null> {
    const keyset = await activeKeyset(operation);
    const feePpks = await keysets.feePpks(operation.mintUrl, inputs);
    const swapFee = operation.swap?.fee ?? 0n;
    const fee = inputFee(feePpks);
    if (swapFee + fee > operation.feeCap) {
      await incidents.feeAboveLimit(operation, 'fence', swapFee + fee);
      return null;
    }
    const wanted = { inputs, keysetId: keyset.id, amount: sumAmounts(inputs) - fee };
    return renewal(operation, 'fence', wanted, () => attempts.fence(operation, inputs, feePpks, keyset));
  }

  return { renewSwap, readyToMelt, startFence, startPartialFence, renewFence };
}

/** Whether what is in hand pays, and within the client's limit, at the fee that the operation names. */
function coversMelt(operation: MeltOperation, inputAmount: bigint): boolean {
  const cost = operation.sourceAmount - (operation.swap?.keepAmount ?? 0n) - operation.quote.amount;
  if (cost > operation.feeCap) return false;
  return inputAmount - operation.meltInputFee >= operation.quote.amount + operation.quote.feeReserve;
}

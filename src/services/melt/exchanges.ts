import { type Attempt, attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { type OperationRepository, withAttempt } from '../../repositories/operations.ts';
import { inputFee } from '../ecash/amounts.ts';
import type { Detection } from '../restore/detection.ts';
import { blanksFor, type MeltAttempts, meltBody, type OutputKeyset } from './attempts.ts';
import type { Courier } from './courier.ts';
import { areAllRefused, latest } from './facts.ts';
import { failureOf } from './failure.ts';
import type { Incidents } from './incidents.ts';
import { contestedInputs } from './observe.ts';
import type { OutputKeysets } from './outputKeysets.ts';
import { hasRoom, isRenewalDue, withRenewed } from './renewal.ts';

/**
 * Swap and fence have one rule: restore every attempt's outputs; signed → ours; inputs unspent → the same POST again;
 * refused → a new attempt with fresh counters, if its terms are others. All attempts share the inputs, so at most one wins.
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
   * A new swap attempt on the keyset that is active now, or the same again while the mint lists nothing new. One that no longer
   * pays within the payment's limit is not made while nothing is swapped and nothing under way.
   * @returns null where the melt is to be given up as it stands
   */
  async function renewSwap(operation: MeltOperation): Promise<MeltOperation | null> {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const terms = await keysets.swapTerms(operation, keyset);
    if (terms.kind !== 'pays' && areAllRefused(attemptsFor(operation, 'swap'))) return null;
    if (terms.kind === 'too_dear') {
      await incidents.feeAboveLimit(operation, 'swap', terms.fee);
      return courier.swap(operation); // its terms are those that were agreed on
    }
    const { swap } = terms;
    const wanted = { keysetId: keyset.id, amount: swap.sendAmount + swap.keepAmount };
    if (!isRenewalDue(attemptsFor(operation, 'swap'), wanted)) return courier.swap(operation);
    const attempt = await unsigned(operation, await attempts.swap({ ...operation, swap }, keyset));
    const changes = { swap, attempts: withRenewed(operation.attempts, attempt) };
    return courier.swap(
      await operations.transition(operation, changes, 'new swap attempt on the active keyset', now()),
    );
  }

  /**
   * The operation with its melt request: planned where there is none yet, and planned anew if its blanks' keyset retired or
   * the fees changed meanwhile. One look at the mint's fees decides all of it.
   * @returns null where what is in hand no longer pays, or not within the client's limit
   */
  async function readyToMelt(operation: MeltOperation): Promise<MeltOperation | null> {
    const { mintUrl, unit } = operation;
    const planned = latest(attemptsFor(operation, 'melt'));
    const usable =
      planned !== undefined &&
      planned.requestBody !== '' &&
      (planned.outputs.length === 0 || (await keysets.isActive(operation, planned.keysetId)));
    const keyset = usable ? null : await keysets.forOutputs(mintUrl, unit, 0);
    const inputs = meltInputs(operation);
    const ready = { ...operation, meltInputFee: await keysets.feeOf(mintUrl, inputs) };
    if (!coversMelt(ready, sumAmounts(inputs))) return null;
    if (usable && ready.meltInputFee === operation.meltInputFee) return operation;
    return planMelt(ready, inputs, planned, keyset ?? (await keysets.forOutputs(mintUrl, unit)));
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
    const nothingOdd = { partlySince: null, partlySeenAt: null };
    const changes = { state: 'releasing' as const, failure, missingAmount, ...nothingOdd };
    if (standing !== undefined && missingAmount === operation.missingAmount) {
      return operations.transition(operation, changes, 'back behind the fence', now());
    }
    const terms = hasRoom(attemptsFor(operation, 'fence')) ? await fenceTerms(operation, inputs) : null;
    if (terms === null) return operation;
    const attempt = await planFence(operation, inputs, terms);
    const withFence = { ...changes, attempts: withRenewed(operation.attempts, attempt) };
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

  /** A new fence attempt on the keyset that is active now, or the same again while the mint lists nothing new. */
  async function renewFence(operation: MeltOperation): Promise<MeltOperation> {
    const inputs = contestedInputs(operation);
    const terms = await fenceTerms(operation, inputs);
    if (terms === null) return operation;
    const { keyset, feePpks } = terms;
    const wanted = { keysetId: keyset.id, amount: sumAmounts(inputs) - inputFee(feePpks) };
    if (!isRenewalDue(attemptsFor(operation, 'fence'), wanted)) return courier.fence(operation);
    const attempt = await planFence(operation, inputs, terms);
    const changes = { attempts: withRenewed(operation.attempts, attempt) };
    return courier.fence(
      await operations.transition(operation, changes, 'new fence attempt on the active keyset', now()),
    );
  }

  /**
   * The fence is for our safety, so it may not cost what the payment itself was not allowed to. Null while the mint asks for
   * more: that is reported, and the mint is asked on.
   */
  async function fenceTerms(operation: MeltOperation, inputs: readonly Proof[]): Promise<FenceTerms | null> {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const feePpks = await keysets.feePpks(operation.mintUrl, inputs);
    const fee = (operation.swap?.fee ?? 0n) + inputFee(feePpks);
    if (fee > operation.feeCap) {
      await incidents.feeAboveLimit(operation, 'fence', fee);
      return null;
    }
    return { keyset, feePpks };
  }

  async function planFence(
    operation: MeltOperation,
    inputs: readonly Proof[],
    { keyset, feePpks }: FenceTerms,
  ): Promise<Attempt> {
    return unsigned(operation, await attempts.fence(operation, inputs, feePpks, keyset));
  }

  return { renewSwap, readyToMelt, startFence, startPartialFence, renewFence };
}

type FenceTerms = { keyset: OutputKeyset; feePpks: bigint[] };

/** Whether what is in hand pays, and within the client's limit, at the fee that the operation names. */
function coversMelt(operation: MeltOperation, inputAmount: bigint): boolean {
  const cost = operation.sourceAmount - (operation.swap?.keepAmount ?? 0n) - operation.quote.amount;
  if (cost > operation.feeCap) return false;
  return inputAmount - operation.meltInputFee >= operation.quote.amount + operation.quote.feeReserve;
}

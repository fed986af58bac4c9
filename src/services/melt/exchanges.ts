import { type Attempt, attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import { type OperationRepository, withAttempt } from '../../repositories/operations.ts';
import type { Detection } from '../restore/detection.ts';
import { blanksFor, type MeltAttempts, meltBody, type OutputKeyset } from './attempts.ts';
import type { Courier } from './courier.ts';
import { latest } from './facts.ts';
import { failureOf } from './failure.ts';
import { contestedInputs } from './observe.ts';
import type { OutputKeysets } from './outputKeysets.ts';

/**
 * Swap and fence have one rule: restore every attempt's outputs; signed → ours; inputs unspent → the same POST again;
 * refused → a new attempt with fresh counters. All attempts share the inputs, so at most one wins.
 */
export type Exchanges = ReturnType<typeof createExchanges>;

export function createExchanges(parts: {
  operations: OperationRepository;
  keysets: OutputKeysets;
  attempts: MeltAttempts;
  courier: Courier;
  detection: Pick<Detection, 'demandUnsigned'>;
  now: () => Date;
}) {
  const { operations, keysets, attempts, courier, detection, now } = parts;

  /** A new swap attempt on the keyset that is active now. */
  async function renewSwap(operation: MeltOperation): Promise<MeltOperation> {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const swap = await keysets.swapTerms(operation);
    const attempt = await unsigned(operation, await attempts.swap({ ...operation, swap }, keyset));
    const changes = { swap, attempts: [...operation.attempts, attempt] };
    return courier.swap(
      await operations.transition(operation, changes, 'new swap attempt on the active keyset', now()),
    );
  }

  /** The melt request, planned where there is none yet, and planned anew if its blanks' keyset retired meanwhile. */
  async function readyToMelt(operation: MeltOperation): Promise<MeltOperation> {
    const planned = latest(attemptsFor(operation, 'melt'));
    if (planned !== undefined && planned.requestBody === '') return meltWithSwapped(operation, planned);
    const usable =
      planned !== undefined &&
      (planned.outputs.length === 0 || (await keysets.isActive(operation, planned.keysetId)));
    if (usable) return operation;
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const inputs = meltInputs(operation);
    const meltInputFee = await keysets.feeOf(operation.mintUrl, inputs);
    return newMelt({ ...operation, meltInputFee }, inputs, keyset);
  }

  /** The melt was planned with its swap. Its blanks serve if their keyset still signs and a renewed swap left no more over. */
  async function meltWithSwapped(operation: MeltOperation, planned: Attempt): Promise<MeltOperation> {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const inputs = meltInputs(operation);
    const ready = { ...operation, meltInputFee: await keysets.feeOf(operation.mintUrl, inputs) };
    const isEnough = planned.outputs.length >= blanksFor(ready, sumAmounts(inputs), keyset);
    if (planned.keysetId !== keyset.id || !isEnough) return newMelt(ready, inputs, keyset);
    const whole = { ...planned, requestBody: meltBody(ready.quote, inputs, planned.outputs) };
    return { ...ready, attempts: withAttempt(ready.attempts, whole) };
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

  /** Whether what is in hand still pays, and within the client's limit: a rotation may have made it dearer. */
  async function coversMelt(operation: MeltOperation): Promise<boolean> {
    const inputs = meltInputs(operation);
    const fee = await keysets.feeOf(operation.mintUrl, inputs);
    const cost = operation.sourceAmount - (operation.swap?.keepAmount ?? 0n) - operation.quote.amount;
    if (cost > operation.feeCap) return false;
    return sumAmounts(inputs) - fee >= operation.quote.amount + operation.quote.feeReserve;
  }

  /** Puts the fence up: from here on a melt that comes late must fail. `missingAmount`: what others have spent. */
  async function startFence(
    operation: MeltOperation,
    inputs: readonly Proof[],
    missingAmount: bigint | null,
  ): Promise<MeltOperation> {
    const standing = latest(attemptsFor(operation, 'fence'));
    const changes = { state: 'releasing' as const, failure: failureOf(operation), missingAmount };
    if (standing !== undefined && missingAmount === operation.missingAmount) {
      return operations.transition(operation, changes, 'back behind the fence', now());
    }
    const attempt = await planFence(operation, inputs);
    const withFence = { ...changes, attempts: [...operation.attempts, attempt] };
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

  async function renewFence(operation: MeltOperation): Promise<MeltOperation> {
    const attempt = await planFence(operation, contestedInputs(operation));
    const changes = { attempts: [...operation.attempts, attempt] };
    return courier.fence(
      await operations.transition(operation, changes, 'new fence attempt on the active keyset', now()),
    );
  }

  async function planFence(operation: MeltOperation, inputs: readonly Proof[]) {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const feePpks = await keysets.feePpks(operation.mintUrl, inputs);
    return unsigned(operation, await attempts.fence(operation, inputs, feePpks, keyset));
  }

  return { renewSwap, readyToMelt, coversMelt, startFence, startPartialFence, renewFence };
}

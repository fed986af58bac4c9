import { attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import { type Proof, sumAmounts } from '../../models/proof.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { MeltAttempts } from './attempts.ts';
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
  now: () => Date;
}) {
  const { operations, keysets, attempts, courier, now } = parts;

  /** A new swap attempt on the keyset that is active now. */
  async function renewSwap(operation: MeltOperation): Promise<MeltOperation> {
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const swap = await keysets.swapTerms(operation);
    const attempt = await attempts.swap({ ...operation, swap }, keyset);
    const changes = { swap, attempts: [...operation.attempts, attempt] };
    return courier.swap(
      await operations.transition(operation, changes, 'new swap attempt on the active keyset', now()),
    );
  }

  /** The melt request, planned where there is none yet, and planned anew if its blanks' keyset retired meanwhile. */
  async function readyToMelt(operation: MeltOperation): Promise<MeltOperation> {
    const planned = latest(attemptsFor(operation, 'melt'));
    const usable =
      planned !== undefined &&
      (planned.outputs.length === 0 || (await keysets.isActive(operation, planned.keysetId)));
    if (usable) return operation;
    const keyset = await keysets.forOutputs(operation.mintUrl, operation.unit, 0);
    const inputs = meltInputs(operation);
    const meltInputFee = await keysets.feeOf(operation.mintUrl, inputs);
    const attempt = await attempts.melt({ ...operation, meltInputFee }, inputs, keyset);
    const others = operation.attempts.filter(({ purpose }) => purpose !== 'melt');
    return {
      ...operation,
      meltInputFee,
      attempts: [...others, { ...attempt, number: (planned?.number ?? 0) + 1 }],
    };
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
    return attempts.fence(operation, inputs, await keysets.feePpks(operation.mintUrl, inputs), keyset);
  }

  return { renewSwap, readyToMelt, coversMelt, startFence, startPartialFence, renewFence };
}

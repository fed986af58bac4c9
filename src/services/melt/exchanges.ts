import { invariant } from '../../models/errors.ts';
import { attemptsFor, type MeltOperation, meltInputs } from '../../models/operation.ts';
import { type OutputRole, type Proof, sumAmounts } from '../../models/proof.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import { unblindByPosition, unblindRestored } from '../ecash/outputs.ts';
import type { MintDirectory } from '../mint/mints.ts';
import { readSigned } from '../mint/replies.ts';
import { type MeltAttempts, outputsOf } from './attempts.ts';
import type { Courier } from './courier.ts';
import { latest } from './facts.ts';
import { failureOf } from './failure.ts';
import { contestedInputs, type Observation } from './observe.ts';
import type { OutputKeysets } from './outputKeysets.ts';

export type RedeemedProof = { role: OutputRole; proof: Proof };

/**
 * Swap and fence have one rule: restore every attempt's outputs; signed → ours; inputs unspent → the same POST again;
 * refused → a new attempt with fresh counters. All attempts share the inputs, so at most one wins.
 */
export type Exchanges = ReturnType<typeof createExchanges>;

export function createExchanges(parts: {
  operations: OperationRepository;
  mints: MintDirectory;
  keysets: OutputKeysets;
  attempts: MeltAttempts;
  courier: Courier;
  now: () => Date;
}) {
  const { operations, mints, keysets, attempts, courier, now } = parts;

  /**
   * The proofs of whichever attempt the mint has signed: from its reply where every DLEQ verifies in place, else by NUT-09.
   * @returns `unreachable` when the mint could not be asked, `unsigned` when it has signed none of our outputs.
   * @throws InvariantBroken when the mint signed and the signatures are not good: a person must look.
   */
  async function redeem(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
    seen: Observation,
  ): Promise<RedeemedProof[] | 'unreachable' | 'unsigned'> {
    return (await fromReply(operation, purpose)) ?? (await byRestoring(operation, purpose, seen));
  }

  async function fromReply(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
  ): Promise<RedeemedProof[] | null> {
    const attempt = latest(attemptsFor(operation, purpose));
    const reply = attempt?.reply ? readSigned(attempt.reply) : null;
    if (attempt === undefined || reply?.kind !== 'signed') return null;
    const keys = await mints.at(operation.mintUrl).keysets.keys(attempt.keysetId);
    if (keys.kind !== 'answer') return null;
    const { proofs, unverified } = unblindByPosition(attempt.outputs, reply.signatures, keys.value);
    return unverified === 0 && proofs.length === attempt.outputs.length ? proofs.map(withRole) : null;
  }

  async function byRestoring(
    operation: MeltOperation,
    purpose: 'swap' | 'fence',
    seen: Observation,
  ): Promise<RedeemedProof[] | 'unreachable' | 'unsigned'> {
    const mint = mints.at(operation.mintUrl);
    const asked =
      seen.restored.length > 0
        ? { kind: 'answer' as const, value: seen.restored }
        : await mint.gateway.restore(outputsOf(operation, purpose));
    if (asked.kind !== 'answer') return 'unreachable';
    const names = new Set(asked.value.map(({ B_ }) => B_));
    const signed = attemptsFor(operation, purpose).find(({ outputs }) =>
      outputs.some(({ B_ }) => names.has(B_)),
    );
    if (signed === undefined) return 'unsigned';
    const keys = await mint.keysets.keys(signed.keysetId);
    if (keys.kind !== 'answer') return 'unreachable';
    const { proofs } = unblindRestored(signed.outputs, asked.value, keys.value);
    invariant(
      proofs.length === signed.outputs.length,
      `the mint's signatures for a ${purpose} do not verify`,
    );
    return proofs.map(withRole);
  }

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

  return { redeem, renewSwap, readyToMelt, coversMelt, startFence, startPartialFence, renewFence };
}

function withRole({ output, proof }: { output: { role: OutputRole }; proof: Proof }): RedeemedProof {
  return { role: output.role, proof };
}

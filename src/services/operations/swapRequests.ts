import { type Attempt, type AttemptPurpose, unsentAttempt } from '../../models/operation.ts';
import type { OutputRole, PlannedOutput, Proof } from '../../models/proof.ts';
import { denominations, everyAmountSplit, split } from '../ecash/amounts.ts';
import { type OutputPlan, wireProof } from '../ecash/outputs.ts';
import { wireOutput } from '../mint/gateway.ts';
import type { KeysetInfo, KeysetKeys } from '../mint/keysets.ts';

/** The keyset that new outputs are made for. */
export type OutputKeyset = KeysetInfo & KeysetKeys;

/** The fewest outputs of a keyset that are worth so much. */
export function partsOf(amount: bigint, role: OutputRole, { keys }: OutputKeyset): OutputPlan[] {
  return split(amount, denominations(keys)).map((part) => ({ role, amount: part }));
}

/**
 * What a payment's swap leaves in the wallet: where proofs cost nothing to spend, two of each amount, so that three of four
 * payments after it find inputs that fit them to the unit, and need no swap (one of each: two of three; the fewest: not half).
 */
export function changeParts(amount: bigint, keyset: OutputKeyset): OutputPlan[] {
  const parts = isDense(keyset) ? usefulSplit(amount, keyset, 2) : split(amount, denominations(keyset.keys));
  return parts.map((part) => ({ role: 'keep', amount: part }));
}

/** So many of each amount, and of the rest the fewest; the fewest altogether where each proof costs a fee. */
export function usefulSplit(amount: bigint, { keys, inputFeePpk }: OutputKeyset, copies: number): bigint[] {
  const available = denominations(keys);
  return inputFeePpk === 0n ? everyAmountSplit(amount, available, copies) : split(amount, available);
}

/** Whether each amount is at most twice the next smaller one: else small change for a large one would be very many. */
function isDense({ keys }: OutputKeyset): boolean {
  const largestFirst = denominations(keys);
  return largestFirst.every((amount, at) => amount <= 2n * (largestFirst[at + 1] ?? amount));
}

/** The next attempt for a purpose, not sent yet. */
export function nextAttempt(
  earlier: readonly Attempt[],
  purpose: AttemptPurpose,
  keysetId: string,
  outputs: PlannedOutput[],
  requestBody: string,
): Attempt {
  const number = earlier.filter((other) => other.purpose === purpose).length + 1;
  return unsentAttempt({ number, purpose, keysetId, outputs, requestBody });
}

/** The exact request of a swap (NUT-03). */
export function swapBody(inputs: readonly Proof[], outputs: readonly PlannedOutput[]): string {
  return JSON.stringify({ inputs: inputs.map(wireProof), outputs: outputs.map(wireOutput) });
}

/** Whether a swap or fence takes this input. */
export const takes = ({ requestBody }: Attempt, { secret }: Proof): boolean =>
  requestBody.includes(JSON.stringify(secret));

/** Whether a swap or fence takes these inputs, all of them and no others: its request begins with them. */
export function takesExactly({ requestBody }: Attempt, inputs: readonly Proof[]): boolean {
  return requestBody.startsWith(`{"inputs":${JSON.stringify(inputs.map(wireProof))},`);
}

/** Smallest first, so that the order does not tell the mint which outputs are change. */
export function bySize(plans: readonly OutputPlan[]): OutputPlan[] {
  return [...plans].sort((a, b) => (a.amount < b.amount ? -1 : a.amount > b.amount ? 1 : 0));
}

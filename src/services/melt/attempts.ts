import { invariant } from '../../models/errors.ts';
import {
  type Attempt,
  type AttemptPurpose,
  attemptsFor,
  type MeltOperation,
  unsentAttempt,
} from '../../models/operation.ts';
import { type OutputRole, type PlannedOutput, type Proof, sumAmounts } from '../../models/proof.ts';
import { blankCount, denominations, inputFee, split } from '../ecash/amounts.ts';
import { type OutputFactory, type OutputPlan, wireProof } from '../ecash/outputs.ts';
import { wireOutput } from '../mint/gateway.ts';
import type { KeysetInfo, KeysetKeys } from '../mint/keysets.ts';

/** The keyset that new outputs are made for. */
export type OutputKeyset = KeysetInfo & KeysetKeys;

/** The attempts of one melt: exact requests with fresh outputs, persisted before they leave. */
export type MeltAttempts = ReturnType<typeof createMeltAttempts>;

export function createMeltAttempts(outputs: OutputFactory) {
  /** Swap of the sources into what goes to the melt and what stays (NUT-03). */
  async function swap(
    of: Pick<MeltOperation, 'npub' | 'inputs' | 'swap' | 'attempts'>,
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    invariant(of.swap !== null, 'only an operation that needs a swap plans one');
    const { sendAmount, keepAmount } = of.swap;
    const plans = [
      ...partsOf(sendAmount, 'send', keyset),
      ...(keepAmount === 0n ? [] : partsOf(keepAmount, 'keep', keyset)),
    ];
    const planned = await outputs.plan(of.npub, keyset.id, bySize(plans), spare);
    return attempt(of.attempts, 'swap', keyset.id, planned, swapBody(of.inputs, planned));
  }

  /** The melt itself with blanks for whatever may come back (NUT-05, NUT-08). */
  async function melt(
    of: Pick<MeltOperation, 'npub' | 'quote' | 'attempts' | 'meltInputFee'>,
    inputs: readonly Proof[],
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    const planned = await blanks(of, sumAmounts(inputs), keyset, spare);
    return attempt(of.attempts, 'melt', keyset.id, planned, meltBody(of.quote, inputs, planned));
  }

  /** The melt that is to follow a swap: its blanks, but not its request, which takes what the swap will give. */
  async function meltAfterSwap(
    of: Pick<MeltOperation, 'npub' | 'quote' | 'attempts' | 'meltInputFee' | 'swap'>,
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    const planned = await blanks(of, of.swap?.sendAmount ?? 0n, keyset, spare);
    return attempt(of.attempts, 'melt', keyset.id, planned, '');
  }

  async function blanks(
    of: Pick<MeltOperation, 'npub' | 'quote' | 'meltInputFee'>,
    inputAmount: bigint,
    keyset: OutputKeyset,
    spare: PlannedOutput[],
  ): Promise<PlannedOutput[]> {
    const count = blanksFor(of, inputAmount, keyset);
    return outputs.plan(
      of.npub,
      keyset.id,
      Array.from({ length: count }, (): OutputPlan => ({ role: 'blank', amount: 0n })),
      spare,
    );
  }

  /** The fence: the melt's own inputs, swapped back to us so that a melt that comes late must fail. */
  async function fence(
    of: Pick<MeltOperation, 'npub' | 'attempts'>,
    inputs: readonly Proof[],
    feePpks: readonly bigint[],
    keyset: OutputKeyset,
  ): Promise<Attempt> {
    const amount = sumAmounts(inputs) - inputFee(feePpks);
    invariant(amount > 0n, 'the inputs are worth less than the fee of fencing them');
    const planned = await outputs.plan(of.npub, keyset.id, partsOf(amount, 'release', keyset));
    return attempt(of.attempts, 'fence', keyset.id, planned, swapBody(inputs, planned));
  }

  return { swap, melt, meltAfterSwap, fence };
}

function partsOf(amount: bigint, role: OutputRole, { keys }: OutputKeyset): OutputPlan[] {
  return split(amount, denominations(keys)).map((part) => ({ role, amount: part }));
}

/** How many blanks a melt of so much needs. @throws InvariantBroken where that does not even pay; DomainError MINT_ERROR */
export function blanksFor(
  { quote, meltInputFee }: Pick<MeltOperation, 'quote' | 'meltInputFee'>,
  inputAmount: bigint,
  keyset: OutputKeyset,
): number {
  const maxChange = inputAmount - meltInputFee - quote.amount;
  invariant(maxChange >= quote.feeReserve, 'the inputs do not cover amount, fee reserve and input fee');
  return blankCount(maxChange, denominations(keyset.keys));
}

/** The exact request of a melt with these inputs and blanks (NUT-05). */
export function meltBody(
  quote: MeltOperation['quote'],
  inputs: readonly Proof[],
  blanks: readonly PlannedOutput[],
): string {
  return JSON.stringify({
    quote: quote.id,
    inputs: inputs.map(wireProof),
    ...(blanks.length > 0 ? { outputs: blanks.map(wireOutput) } : {}),
  });
}

function attempt(
  earlier: readonly Attempt[],
  purpose: AttemptPurpose,
  keysetId: string,
  outputs: PlannedOutput[],
  requestBody: string,
): Attempt {
  const number = earlier.filter((other) => other.purpose === purpose).length + 1;
  return unsentAttempt({ number, purpose, keysetId, outputs, requestBody });
}

function swapBody(inputs: readonly Proof[], outputs: readonly PlannedOutput[]): string {
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
function bySize(plans: readonly OutputPlan[]): OutputPlan[] {
  return [...plans].sort((a, b) => (a.amount < b.amount ? -1 : a.amount > b.amount ? 1 : 0));
}

/** All outputs that any attempt for one purpose has ever named. */
export function outputsOf(operation: MeltOperation, purpose: AttemptPurpose): PlannedOutput[] {
  return attemptsFor(operation, purpose).flatMap((of) => of.outputs);
}

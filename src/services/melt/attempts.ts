import { invariant } from '../../models/errors.ts';
import {
  type Attempt,
  type AttemptPurpose,
  attemptsFor,
  type MeltOperation,
} from '../../models/operation.ts';
import { type PlannedOutput, type Proof, sumAmounts } from '../../models/proof.ts';
import { blankCount, denominations, inputFee } from '../ecash/amounts.ts';
import { type OutputFactory, type OutputPlan, wireProof } from '../ecash/outputs.ts';
import { wireOutput } from '../mint/gateway.ts';
import {
  bySize,
  changeParts,
  nextAttempt,
  type OutputKeyset,
  partsOf,
  swapBody,
} from '../operations/swapRequests.ts';

/** The attempts of one melt: exact requests with fresh outputs, persisted before they leave. */
export type MeltAttempts = ReturnType<typeof createMeltAttempts>;

export function createMeltAttempts(outputs: OutputFactory) {
  /** Swap of the sources into what goes to the melt and what stays (NUT-03). */
  async function swap(
    of: Pick<MeltOperation, 'walletId' | 'inputs' | 'swap' | 'attempts'>,
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    invariant(of.swap !== null, 'only an operation that needs a swap plans one');
    const { sendAmount, keepAmount } = of.swap;
    const plans = [
      ...partsOf(sendAmount, 'send', keyset),
      ...(keepAmount === 0n ? [] : changeParts(keepAmount, keyset)),
    ];
    const planned = await outputs.plan(of.walletId, keyset.id, bySize(plans), spare);
    return nextAttempt(of.attempts, 'swap', keyset.id, planned, swapBody(of.inputs, planned));
  }

  /** The melt itself with blanks for whatever may come back (NUT-05, NUT-08). */
  async function melt(
    of: Pick<MeltOperation, 'walletId' | 'quote' | 'attempts' | 'meltInputFee'>,
    inputs: readonly Proof[],
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    const planned = await blanks(of, sumAmounts(inputs), keyset, spare);
    return nextAttempt(of.attempts, 'melt', keyset.id, planned, meltBody(of.quote, inputs, planned));
  }

  /** The melt that is to follow a swap: its blanks, but not its request, which takes what the swap will give. */
  async function meltAfterSwap(
    of: Pick<MeltOperation, 'walletId' | 'quote' | 'attempts' | 'meltInputFee' | 'swap'>,
    keyset: OutputKeyset,
    spare: PlannedOutput[] = [],
  ): Promise<Attempt> {
    const planned = await blanks(of, of.swap?.sendAmount ?? 0n, keyset, spare);
    return nextAttempt(of.attempts, 'melt', keyset.id, planned, '');
  }

  async function blanks(
    of: Pick<MeltOperation, 'walletId' | 'quote' | 'meltInputFee'>,
    inputAmount: bigint,
    keyset: OutputKeyset,
    spare: PlannedOutput[],
  ): Promise<PlannedOutput[]> {
    const count = blanksFor(of, inputAmount, keyset);
    return outputs.plan(
      of.walletId,
      keyset.id,
      Array.from({ length: count }, (): OutputPlan => ({ role: 'blank', amount: 0n })),
      spare,
    );
  }

  /** The fence: the melt's own inputs, swapped back to us so that a melt that comes late must fail. */
  async function fence(
    of: Pick<MeltOperation, 'walletId' | 'attempts'>,
    inputs: readonly Proof[],
    feePpks: readonly bigint[],
    keyset: OutputKeyset,
  ): Promise<Attempt> {
    const amount = sumAmounts(inputs) - inputFee(feePpks);
    invariant(amount > 0n, 'the inputs are worth less than the fee of fencing them');
    const planned = await outputs.plan(of.walletId, keyset.id, partsOf(amount, 'release', keyset));
    return nextAttempt(of.attempts, 'fence', keyset.id, planned, swapBody(inputs, planned));
  }

  return { swap, melt, meltAfterSwap, fence };
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

/** All outputs that any attempt for one purpose has ever named. */
export function outputsOf(operation: MeltOperation, purpose: AttemptPurpose): PlannedOutput[] {
  return attemptsFor(operation, purpose).flatMap((of) => of.outputs);
}
